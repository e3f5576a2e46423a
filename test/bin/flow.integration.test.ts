import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** Makes the starter believe that it runs on an older Node. */
const olderNode = ['--import', `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})`]

/** Stands for the command: says what it was given, or waits for the signal that it is to be ended by. */
const command = `
  const [what, value] = process.argv.slice(2)
  if (what === 'exit') process.exitCode = Number(value)
  else if (what === 'wait') {
    process.on('SIGINT', () => { console.log('SIGINT'); process.exit(130) })
    setInterval(() => {}, 1000)
    console.log('waiting')
  } else if (what === 'die') process.kill(process.pid, value)
  else console.log(JSON.stringify({ args: process.argv.slice(2), version: process.versions.node }))
`

describe('bin/flow.js', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'actorflow-bin-'))
    await mkdir(join(folder, 'bin'))
    await cp(join(root, 'bin/flow.js'), join(folder, 'bin/flow.js'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  async function build(): Promise<void> {
    await mkdir(join(folder, 'dist/pipelines/cli'), { recursive: true })
    await writeFile(join(folder, 'dist/pipelines/cli/main.js'), command)
  }

  /** What a clone has: the Node that its devDependency `node` installed. */
  async function pinNode(): Promise<void> {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true })
    await symlink(process.execPath, join(folder, 'node_modules/node/bin/node'))
  }

  it('runs the command with its arguments', async () => {
    await build()
    const { stdout, exitCode } = await flow(['run', 'x.yaml'])
    expect(JSON.parse(stdout)).toEqual({ args: ['run', 'x.yaml'], version: process.versions.node })
    expect(exitCode).toBe(0)
  })

  it('says in one line which Node it needs when this one is older', async () => {
    await build()
    const { stdout, stderr, exitCode } = await flow(['run'], olderNode)
    expect(stderr).toBe(`flow needs Node 24 or newer, but this is Node 20.1.0 (${process.execPath})\n`)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  })

  it('says in one line that a clone is not built yet', async () => {
    const { stdout, stderr, exitCode } = await flow(['run'])
    expect(stderr).toMatch(/^flow is not built yet: run `npm run build` in .*\n$/)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  })

  it('starts again on the Node of the clone when this one is older, and ends as that does', async () => {
    await build()
    await pinNode()
    const run = await flow(['run', 'a b'], olderNode)
    expect(JSON.parse(run.stdout)).toEqual({ args: ['run', 'a b'], version: process.versions.node })
    expect(await flow(['exit', '3'], olderNode)).toEqual({ stdout: '', stderr: '', exitCode: 3, signal: null })
    expect(await flow(['die', 'SIGTERM'], olderNode)).toMatchObject({ exitCode: null, signal: 'SIGTERM' })
    expect(await flow(['die', 'SIGKILL'], olderNode)).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  it.for(['SIGINT', 'SIGTERM'] as const)('passes on a %s that was meant for it alone', async (signal) => {
    await build()
    await pinNode()
    const child = start(['wait'], olderNode, { detached: true })
    const [chunk] = await once(child.stdout!, 'data')
    expect(String(chunk)).toBe('waiting\n')
    child.kill(signal)
    const [exitCode, by] = await once(child, 'exit')
    expect({ exitCode, by }).toEqual(signal === 'SIGINT' ? { exitCode: 130, by: null } : { exitCode: null, by: signal })
  })

  async function flow(args: string[], execArgv: string[] = []): Promise<Ending> {
    const child = start(args, execArgv)
    const ended = once(child, 'exit')
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
    const [exitCode, signal] = await ended
    return { stdout, stderr, exitCode, signal }
  }

  function start(args: string[], execArgv: string[], options: { detached?: boolean } = {}): ChildProcess {
    const env = { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: folder }
    return spawn(process.execPath, [...execArgv, join(folder, 'bin/flow.js'), ...args], { env, ...options })
  }
})

interface Ending {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  readonly signal: string | null
}
