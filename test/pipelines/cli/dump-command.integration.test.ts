import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../../support/program.ts'
import { openTreeBed } from '../../support/tree.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, type FlowProcess, startFlow } from './flow-process.ts'

const folder = temporaryFolder()
// The programs of these tests have their run directories where no others are.
const { notes, readNotes, temporaryDirectory } = openTreeBed()

// Two stages, the second of which takes a hundred items and then no more.
writeFileSync(
  join(folder, 'stuck.yaml'),
  `
stages:
  numbers: { source: generate }
  report: { from: numbers, steps: [{ use: ./stuck.ts#takeNoMore }], sink: drop }
`,
)
writeFileSync(
  join(folder, 'stuck.ts'),
  `
export async function* takeNoMore(input: AsyncIterable<number>, _options: unknown, stage: { signal: AbortSignal }) {
  for await (const n of input) {
    if (n === 100) {
      console.error('takes no more')
      const stuck = setInterval(() => {}, 1000)
      await new Promise((_, reject) => stage.signal.addEventListener('abort', () => {
        clearInterval(stuck)
        reject(stage.signal.reason)
      }))
    }
    yield n
  }
}
`,
)

async function startStuck(env: Record<string, string> = {}): Promise<FlowProcess> {
  const run = startFlow(['run', 'stuck.yaml', '--view', 'none'], folder, env)
  await run.saysOnStderr('takes no more')
  return run
}

/** Cancels a run that cannot drain. */
async function end(run: FlowProcess): Promise<void> {
  run.ctrlC()
  await run.saysOnStderr('draining')
  run.ctrlC()
  await run.ended()
}

async function dump(...args: string[]): Promise<FlowEnding> {
  return await dumpWith({}, ...args)
}

async function dumpWith(env: Record<string, string>, ...args: string[]): Promise<FlowEnding> {
  await using command = startFlow(['dump', ...args], folder, env)
  return await command.ended()
}

const socketsHere = (): string[] =>
  readdirSync(temporaryDirectory)
    .map((name) => join(temporaryDirectory, name, 'root.sock'))
    .filter((path) => existsSync(path))

/** The processes of the root and of an actor of that name, as a dump has them. */
function pidsOf(stdout: string, name: string): { root: number; actor: number } {
  const root = /^stuck \(\w+\) pid (\d+)/m.exec(stdout)?.[1]
  const actor = new RegExp(`^ +${name} \\(\\w+\\) pid (\\d+)`, 'm').exec(stdout)?.[1]
  return { root: Number(root), actor: Number(actor) }
}

describe('flow dump', () => {
  it('shows who waits for whom in a pipeline that does not move', async () => {
    await using run = await startStuck()
    const { exitCode, stdout, stderr } = await dump()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout.split('\n')[0]).toMatch(/^program 'stuck', process \d+, \/\S+\/root\.sock$/)
    expect(stdout).toMatch(/^stuck \(\w+\) pid \d+, \d+ MiB, at unix:\/\S+\/root\.sock$/m)
    const numbers = /^ {2}numbers#1 [^]*?(?=^ {2}\S+#|$(?![^]))/m.exec(stdout)?.[0] ?? ''
    expect(numbers).toMatch(
      /^ {4}═ report#1 [^\n]*\n {6}← output: waits for credit: its consumer takes no more for now \(4096 sent of 4096 allowed\)$/m,
    )
    const report = /^ {2}report#1 [^]*/m.exec(stdout)?.[0] ?? ''
    expect(report).toMatch(
      /^ {4}═ numbers#1 [^\n]*\n {6}→ output: waits for its consumer to take the next item \(4096 received, \d+ of them waiting here, of 4096 that may\)$/m,
    )
    await end(run)
  })

  it('finds it by the process of its root, by that of one of its actors, and by its socket', async () => {
    await using run = await startStuck()
    const all = await dump()
    const { root, actor } = pidsOf(all.stdout, 'report#1')
    expect(root).not.toBe(actor)
    for (const target of [String(root), String(actor), ...socketsHere()]) {
      const { exitCode, stdout } = await dump(target)
      expect({ exitCode, pids: pidsOf(stdout, 'report#1') }).toEqual({ exitCode: 0, pids: { root, actor } })
      expect(stdout).not.toMatch(/^program/)
    }
    expect(await dump('--json', String(actor))).toMatchObject({ exitCode: 0 })
    const { trees } = JSON.parse((await dump('--json')).stdout)
    expect(trees).toMatchObject([{ socket: socketsHere()[0], pid: root, children: [{}, {}] }])
    await end(run)
  })

  it('shows actors below actors, and what they wait for', async () => {
    const program = startProgram('family.ts', notes('family'))
    await waitUntil(async () => (await readNotes('family')).length === 3, { describe: program.output })
    const { stdout } = await dump()
    const actors = Array.from(stdout.matchAll(/^( *)([a-z]+) \(\w+\) pid/gm), ([, indent, name]) => `${indent}${name}`)
    expect(actors).toEqual(['family', '  first', '    grandchild', '  second'])
    expect(stdout).toMatch(/^ {6}═ first [^\n]*\n {8}← wait: waits for its function to return$/m)
    expect(stdout).not.toMatch(/actor\.dump/)
    program.kill('SIGINT')
    await program.ended
  })

  it('says so when no program runs, when one was killed, and when nobody is where it is to look', async () => {
    const none = { exitCode: 1, stdout: '', stderr: 'flow: no program of yours is running\n' }
    expect(await dump()).toMatchObject(none)
    expect(await dump(String(process.pid))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no program'),
    })
    // What a program left that was killed, what others may enter, and what is something else altogether.
    await using killed = await startStuck()
    killed.kill('SIGKILL')
    await killed.ended()
    mkdirSync(join(temporaryDirectory, 'flow-open'), { mode: 0o755 })
    mkdirSync(join(temporaryDirectory, 'flow-empty'), { mode: 0o700 })
    expect(await dump()).toMatchObject(none)
    rmSync(join(temporaryDirectory, 'flow-open'), { recursive: true })
    rmSync(join(temporaryDirectory, 'flow-empty'), { recursive: true })
    const stderr = 'flow: nobody is at gone.sock\n'
    expect(await dump('gone.sock')).toMatchObject({ exitCode: 1, stdout: '', stderr })
  })

  it('says that a frozen program does not answer, in a few seconds', async () => {
    await using run = await startStuck()
    const { root, actor } = pidsOf((await dump()).stdout, 'report#1')
    run.kill('SIGSTOP')
    try {
      const [socket = ''] = socketsHere()
      const began = performance.now()
      for (const { exitCode, stdout, stderr } of await Promise.all([dump(), dump(socket), dump(String(root))])) {
        expect(stderr).toContain(`flow: the program at ${socket} does not answer within 3 s`)
        expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
      }
      expect(performance.now() - began).toBeLessThan(15_000)
    } finally {
      run.kill('SIGCONT')
    }
    // One that is frozen below does not keep the others from answering.
    process.kill(actor, 'SIGSTOP')
    try {
      const { exitCode, stdout } = await dump()
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(/^ {2}report#1 \(\w+\) pid \d+: does not answer: /m)
      expect(stdout).toMatch(/^ {2}numbers#1 \(\w+\) pid \d+, /m)
    } finally {
      process.kill(actor, 'SIGCONT')
    }
    await end(run)
  })

  it('proves to know the token of a program that has one', async () => {
    await using run = await startStuck({ FLOW_TOKEN: 'a long one that nobody guesses' })
    const without = await dump()
    expect(without).toMatchObject({ exitCode: 1, stdout: '' })
    expect(without.stderr).toMatch(/gives no answer: .*set FLOW_TOKEN/)
    expect(await dumpWith({ FLOW_TOKEN: 'another' })).toMatchObject({ exitCode: 1, stdout: '' })
    expect(await dumpWith({ FLOW_TOKEN: 'a long one that nobody guesses' })).toMatchObject({ exitCode: 0, stderr: '' })
    await end(run)
  })
})
