import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runProgram } from '../support/run-program.ts'

const kept = /^actorflow-(core|late)-.*\.cjs-\d+\.code$/

/** Reads so much of what is no packed item that the native part is worth it, and says whether it was loaded. */
const reader = `
  import { readFileSync } from 'node:fs'
  import { defineActor, openNursery, run } from 'actorflow'
  const text = 'some text of the sort that msgpackr reads natively'
  const source = defineActor(import.meta.url, { *texts() { for (let i = 0; i < 40_000; i += 1) yield { i, text, at: new Date(0) } } })
  await run(() => openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', source, { spawn: 'inline' })
    let count = 0
    for await (const item of portal.stream('texts')) if (item.i === count && item.text === text) count += 1
    await portal.cancelActor()
    console.log(count, readFileSync('/proc/self/maps', 'utf8').includes('msgpackr-extract'))
  }))
`

/** Part of a program: waits until an actor has kept the code of its start. */
const untilKept = `while (globSync(process.env.NODE_COMPILE_CACHE + '/*/actorflow-core-*.code').length === 0) await setTimeout(10)`

/** Takes the files of the package away when an actor has started, or before (`early`), and then has it do what it has loaded nothing of. */
const replacing = `
  import { globSync, rmSync } from 'node:fs'
  import { setTimeout } from 'node:timers/promises'
  import { defineActor, openNursery, run } from 'actorflow'
  export const opener = defineActor(import.meta.url, {
    open: () => openNursery(async (nursery) => await nursery.startTask(async () => 'is open')),
    wait: () => undefined,
  })
  const main = () => openNursery(async (nursery) => {
    const portal = await nursery.startActor('opener', opener)
    const takeAway = () => rmSync(new URL('.', import.meta.resolve('actorflow')), { recursive: true })
    if (process.argv[2] === 'early') takeAway()
    await portal.run('wait')
    ${untilKept}
    if (process.argv[2] !== 'early') takeAway()
    console.log(await portal.run('open').catch((error) => error.message))
    await portal.cancelActor()
  })
  if (import.meta.main) await run(main)
`

/** Calls an actor in the way that its argument says, and ends it. */
const caller = `
  import { globSync } from 'node:fs'
  import { setTimeout } from 'node:timers/promises'
  import { defineActor, openNursery, run } from ${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)}
  export const callee = defineActor(import.meta.url, { answer: () => 42, *answers() { yield 42 } })
  const [how, spawn] = process.argv.slice(2)
  const main = () => openNursery(async (nursery) => {
    const portal = await nursery.startActor('callee', callee, { spawn })
    if (how === 'run') await portal.run('answer')
    if (how === 'stream') for await (const _ of portal.stream('answers'));
    if (how === 'wait') {
      await portal.run('answer')
      ${untilKept}
    }
    await portal.cancelActor()
  })
  if (import.meta.main) await run(main)
`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actorflow-code-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('The built engine', () => {
  /** Runs a program that starts actors. */
  async function runActors(): Promise<void> {
    const env = { NODE_COMPILE_CACHE: folder }
    const { stdout, stderr, exitCode, leftBehind } = await runProgram('node', ['examples/aggregate.ts'], { env })
    expect({ stderr, exitCode, leftBehind }).toEqual({ stderr: '', exitCode: 0, leftBehind: [] })
    expect(stdout).toContain('1000 values, their sum 499500')
  }

  /** Runs a program with an actor that is called once, in this way. */
  async function runCaller(how: 'none' | 'run' | 'stream' | 'wait', spawn = 'process'): Promise<void> {
    await writeFile(join(folder, 'caller.mjs'), caller)
    const env = { NODE_COMPILE_CACHE: folder }
    const { stderr, leftBehind } = await runProgram('node', [join(folder, 'caller.mjs'), how, spawn], { env })
    expect({ stderr, leftBehind }).toEqual({ stderr: '', leftBehind: [] })
  }

  /** Where the compiled code of one of its scripts is kept: one file for this version of node, and its flags. */
  async function keptFiles(part = 'core'): Promise<string[]> {
    const names = await readdir(folder, { recursive: true })
    const isIt = (name: string) => kept.exec(name.split('/').at(-1) ?? '')?.[1] === part
    return names.filter(isIt).map((name) => join(folder, name))
  }

  it('keeps what an actor has compiled where node keeps code, and takes it at the next start', async () => {
    await runActors()
    const [path = '', ...others] = await keptFiles()
    expect(others).toEqual([])
    const { mtimeMs, size } = await stat(path)
    expect(size).toBeGreaterThan(100_000)
    await runActors()
    // It would have been written again.
    expect((await stat(path)).mtimeMs).toBe(mtimeMs)
  })

  /** Runs a program: how many processes were its actors', and how many of these have run the engine's second script. */
  async function countLateHalves(program: readonly string[]): Promise<{ actors: number; late: number }> {
    const { exitCode, leftBehind } = await runProgram('node', program, { env: { NODE_V8_COVERAGE: folder } })
    expect({ exitCode, leftBehind }).toEqual({ exitCode: 0, leftBehind: [] })
    // Each process writes which scripts it has run.
    const reports = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
    const ofActors = reports.filter((report) => report.includes('/dist/engine/bootstrap.cjs"'))
    const late = ofActors.filter((report) => /\/dist\/engine\/late-[^"/]*\.cjs"/.test(report))
    return { actors: ofActors.length, late: late.length }
  }

  it('loads the half that starts actors where they are started, and keeps its code', async () => {
    // Of three actors one starts the two others.
    expect(await countLateHalves(['examples/aggregate.ts'])).toEqual({ actors: 3, late: 1 })
    await runActors()
    expect(await keptFiles('late')).toHaveLength(1)
  })

  it.each([
    ['an actor that yields', 1, ['test/fixtures/programs/loads-little.ts']],
    ['an actor that imports the registry', 1, ['test/fixtures/programs/imports-registry.ts']],
    ['the stages of a pipeline', 5, ['bin/flow.js', 'run', 'examples/weather/pipeline.yaml']],
  ])('does not load that half for %s', async (_, actors, program) => {
    expect(await countLateHalves(program)).toEqual({ actors, late: 0 })
  })

  it.each([
    ['goes on as it began where another version is installed later', [], /^is open$/],
    [
      'lives on where that is done in its first second, and says what is not there any more',
      ['early'],
      /ENOENT.*late-/,
    ],
  ])('%s', async (_, args, said) => {
    const installed = join(folder, 'node_modules/actorflow')
    await mkdir(installed, { recursive: true })
    await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true })
    await cp(join(root, 'package.json'), join(installed, 'package.json'))
    await writeFile(join(folder, 'program.mjs'), replacing)
    const env = { NODE_COMPILE_CACHE: join(folder, 'cache') }
    const { stdout, stderr, leftBehind } = await runProgram('node', [join(folder, 'program.mjs'), ...args], { env })
    expect({ stderr, leftBehind }).toEqual({ stderr: '', leftBehind: [] })
    expect(stdout.trim()).toMatch(said)
  })

  it('keeps nothing of a process that was made ready and became no actor: what makes it one would be missing', async () => {
    const env = { NODE_COMPILE_CACHE: folder }
    const { stdout, stderr } = await runProgram('node', ['test/fixtures/programs/made-ready.ts', 'unused'], { env })
    expect({ stdout, stderr }).toEqual({ stdout: 'one waits\n', stderr: '' })
    expect(await keptFiles()).toEqual([])
  })

  it('keeps nothing of an actor that nobody has called', async () => {
    await runCaller('none')
    expect(await keptFiles()).toEqual([])
  })

  it('keeps the code for calls of another kind beside that which it has', async () => {
    await runCaller('run')
    const [path = ''] = await keptFiles()
    const { size } = await stat(path)
    await runCaller('stream')
    const { mtimeMs, size: more } = await stat(path)
    expect(more).toBeGreaterThan(size + 10_000)
    await runCaller('run')
    await runCaller('stream')
    expect((await stat(path)).mtimeMs).toBe(mtimeMs)
    await runCaller('stream', 'thread')
    expect((await stat(path)).size).toBeGreaterThan(more)
  })

  it('keeps the code while the actor lives, which may be killed', async () => {
    // It ends the actor when there is some.
    await runCaller('wait')
    expect(await keptFiles()).toHaveLength(1)
  })

  it('replaces code that is not for it', async () => {
    await runActors()
    const [path = ''] = await keptFiles()
    await writeFile(path, 'no code at all')
    await runActors()
    expect((await readFile(path)).byteLength).toBeGreaterThan(100_000)
  })

  it('replaces code of which a part is missing', async () => {
    await runActors()
    const [path = ''] = await keptFiles()
    const code = await readFile(path)
    await writeFile(path, code.subarray(0, code.byteLength - 100_001))
    await runActors()
    expect((await readFile(path)).byteLength).toBeGreaterThan(code.byteLength - 100_001)
  })

  it('replaces code that was damaged', async () => {
    await runActors()
    const [path = ''] = await keptFiles()
    const code = await readFile(path)
    // What V8 itself would not notice.
    const damaged = Buffer.from(code)
    damaged.fill(0x5a, 50_000, 50_200)
    await writeFile(path, damaged)
    await runActors()
    expect((await readFile(path)).subarray(50_000, 50_200)).not.toEqual(damaged.subarray(50_000, 50_200))
  })

  it('does without where the directory of the code is none', async () => {
    await runActors()
    const [path = ''] = await keptFiles()
    await rm(join(path, '..'), { recursive: true })
    await writeFile(join(path, '..'), '')
    await runActors()
    expect(await keptFiles()).toEqual([])
  })

  it('does without where code cannot be kept, and leaves nothing half written', async () => {
    await runActors()
    const [path = ''] = await keptFiles()
    await rm(path)
    await mkdir(path)
    await runActors()
    expect((await readdir(join(path, '..'))).filter((name) => name.includes('actorflow-core'))).toHaveLength(1)
  })

  it('starts the actors of a program for which a module is loaded beforehand that has loaded the engine', async () => {
    const preload = join(root, 'test/fixtures/preloads-engine.ts')
    const { stdout, stderr } = await runProgram('node', ['--import', preload, 'examples/aggregate.ts'])
    expect(stderr).toBe('')
    expect(stdout).toContain('1000 values, their sum 499500')
  })

  it('loads none of what takes node long to load, until an actor uses it', async () => {
    const { stdout, stderr } = await runProgram('node', ['test/fixtures/programs/loads-little.ts'])
    expect(stderr).toBe('')
    const loaded = new Set(JSON.parse(stdout) as string[])
    expect(loaded).toContain('NativeModule net')
    const slow = [
      'child_process',
      'cluster',
      'crypto',
      'dgram',
      'http',
      'os',
      'perf_hooks',
      'timers/promises',
      'tls',
      'worker_threads',
      'zlib',
    ]
    expect(slow.filter((name) => loaded.has(`NativeModule ${name}`))).toEqual([])
  })

  it('has imported a module like an actor’s before a process waits to become one', async () => {
    const { stdout, stderr } = await runProgram('node', ['test/fixtures/programs/made-ready.ts'])
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
  })

  const withoutMaps = existsSync('/proc/self/maps')
    ? ''
    : ' (skipped: this system does not show what a process has loaded)'
  it.skipIf(withoutMaps !== '')(`has msgpackr read natively where it has much to read${withoutMaps}`, async () => {
    const { stdout, stderr } = await runProgram('node', ['--input-type=module', '-e', reader])
    expect({ stdout, stderr }).toEqual({ stdout: '40000 true\n', stderr: '' })
  })
})

describe('runScript', () => {
  /** Runs a script that says a word, and keeps its compiled code; what it said, and what went wrong. */
  async function say(word: string, { before = '' }: { before?: string } = {}): Promise<string> {
    const script = `(function (exports, require, meta) { exports.say = () => '${word}'; exports.meta = meta })`
    await writeFile(join(folder, 'script.cjs'), script)
    const program = `
      import { rmSync, writeFileSync } from 'node:fs'
      import { getCompileCacheDir } from 'node:module'
      import { runScript } from ${JSON.stringify(join(root, 'bin/run-script.cjs'))}
      const { say, meta } = runScript(${JSON.stringify(join(folder, 'script.cjs'))}, { allUses: 1 })
      console.log(say())
      ${before}
      meta.keepCompiled(1)
    `
    const env = { NODE_COMPILE_CACHE: join(folder, 'cache') }
    const { stdout, stderr } = await runProgram('node', ['--input-type=module', '-e', program], { env })
    return stdout + stderr
  }

  it('does not run what was kept of a script that was changed since, if only by a letter', async () => {
    expect(await say('one')).toBe('one\n')
    expect(await say('two')).toBe('two\n')
  })

  it('is silent where the place for kept code has gone meanwhile', async () => {
    const before = `rmSync(getCompileCacheDir(), { recursive: true, force: true })
      writeFileSync(getCompileCacheDir(), 'a file in its place')`
    expect(await say('one', { before })).toBe('one\n')
  })
})
