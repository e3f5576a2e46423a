import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { findRootSockets, withSignal } from '../../../engine/index.ts'
import { createSocketFinder } from '../../../pipelines/cli/find-pipelines.ts'
import { type FollowedPipeline, followPipelines } from '../../../pipelines/cli/followed-pipelines.ts'
import { openGuest } from '../../../pipelines/cli/guest.ts'
import { openRedisBed } from '../../support/redis-bed.ts'
import { openTreeBed } from '../../support/tree.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FlowEnding, type FlowProcess, startFlow } from './flow-process.ts'

const folder = temporaryFolder()
// The programs of these tests have their run directories where no others are.
openTreeBed()
const { address, expectNoKeys } = openRedisBed()

for (const name of ['slow', 'other']) {
  writeFileSync(
    join(folder, `${name}.yaml`),
    `
pipeline: ${name}
stages:
  numbers: { source: generate, steps: [{ map: "n => 'x'.repeat(10_000)" }] }
  lengths: { from: numbers, actors: 2, steps: [{ use: ./slow.ts#slow }] }
  report: { from: lengths, sink: drop }
`,
  )
}
for (const [name, map] of [
  ['ends', 'n => "x"'],
  ['fails', 'n => { if (n === 299) throw new Error("the last"); return "x" }'],
] as const) {
  writeFileSync(
    join(folder, `${name}.yaml`),
    `
stages:
  numbers: { source: { generate: { count: 300, rateHz: 100 } }, steps: [{ map: '${map}' }] }
  lengths: { from: numbers, steps: [{ use: ./slow.ts#slow }], sink: drop }
`,
  )
}
const engine = JSON.stringify(join(import.meta.dirname, '../../../index.ts'))
const pipelines = JSON.stringify(join(import.meta.dirname, '../../../pipelines/index.ts'))
writeFileSync(
  join(folder, 'program.ts'),
  `
import { run } from ${engine}
import { openPipeline } from ${pipelines}
const [registry = 'embedded'] = process.argv.slice(2)
await run(async () => {
  const stages = { numbers: { source: { generate: { rateHz: 100 } }, sink: 'drop' } }
  await using pipeline = await openPipeline({ pipeline: 'inside', stages })
  console.log('flows')
  await pipeline.result
}, { name: 'program', registry })
`,
)
writeFileSync(
  join(folder, 'slow.ts'),
  `
import { setTimeout as delay } from 'node:timers/promises'
export async function* slow(input: AsyncIterable<string>) {
  console.error('flows')
  for await (const text of input) {
    await delay(5)
    yield text.length
  }
}
`,
)

async function startRun(document: string, ...args: string[]): Promise<FlowProcess> {
  const run = startFlow(['run', document, '--view', 'none', ...args], folder)
  await run.saysOnStderr('flows')
  return run
}

/** A program with a pipeline inside. */
async function startProgram(...args: readonly string[]) {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const program = spawn(process.execPath, [join(folder, 'program.ts'), ...args], { stdio: [...stdio] })
  await once(program.stdout, 'data')
  return {
    end: async () => {
      program.kill('SIGTERM')
      await once(program, 'exit')
    },
  }
}

async function flow(...args: string[]): Promise<FlowEnding> {
  await using command = startFlow(args, folder)
  return await command.ended()
}

/** Follows the pipelines of this host in this process, until it is left. */
async function follow(changed: (pipelines: readonly FollowedPipeline[], leave: () => void) => void): Promise<void> {
  await using guest = await openGuest('embedded', {})
  const left = new AbortController()
  const leave = () => left.abort(new Error('it was left'))
  const following = withSignal(left.signal, () =>
    followPipelines(createSocketFinder(guest, findRootSockets), (pipelines) => changed(pipelines, leave)),
  )
  await expect(following).rejects.toThrow('it was left')
}

async function end(...runs: readonly FlowProcess[]): Promise<void> {
  for (const run of runs) run.kill('SIGTERM')
  for (const run of runs) {
    await run.ended()
    expect(run.processes()).toEqual([])
  }
}

/** A row of a stage that runs: actors, counts, rates, the bar and its shares. */
const row = (stage: string, actors: number) =>
  new RegExp(
    `^${stage} +${actors}  running +[\\d,]+ +[\\d,]+ +[\\d,]+ +[\\d.]+[kM]?/s +[\\d.]+[kM]?/s  [█▒·]{14} +\\d+ % +\\d+ %`,
    'm',
  )

describe('flow top', () => {
  afterEach(expectNoKeys)

  it('finds the pipelines of this host without a registry, and names what holds them up', async () => {
    await using run = await startRun('slow.yaml')
    const { exitCode, stdout, stderr } = await flow('top', '--once')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^slow {2}\d/)
    expect(stdout).toMatch(row('numbers', 1))
    expect(stdout).toMatch(row('lengths', 2))
    expect(stdout).toMatch(/^ {2}lengths#2 /m)
    expect(stdout).toMatch(/^bottleneck: lengths \(busy \d+ %\); numbers waits for it \d+ % of the time/m)

    const graph = await flow('graph', 'slow.yaml', '--live')
    expect(graph).toMatchObject({ exitCode: 0, stderr: '' })
    expect(graph.stdout).toMatch(/│ [\d.]+k?\/s, busy \d+ %, blocked \d+ %, bottleneck +│/)
    const { stdout: svg } = await flow('graph', 'slow.yaml', '--live', '--format', 'svg')
    const levels = svg.matchAll(/<g class="(\w+)">\n<rect [^>]*>\n<text class="heading"[^>]*>([^<]*)</g)
    expect(Array.from(levels, ([, level, stage]) => [stage, level])).toEqual([
      ['numbers', 'blocked'],
      ['lengths ×2', 'full'],
      ['report', 'free'],
    ])

    expect(await flow('top', 'nobody')).toMatchObject({
      exitCode: 1,
      stdout: 'no pipeline called nobody runs in a program of yours on this host\n',
    })
    await end(run)
  })

  it("finds the pipelines inside a program of one's own", async () => {
    const program = await startProgram()
    const { exitCode, stdout } = await flow('top', 'inside')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^inside {2}\d/)
    expect(stdout).toMatch(row('numbers', 1))
    await program.end()
  })

  it('finds those whose program has its registry in a Redis there, and says that it has to be named', async () => {
    const registry = address()
    const program = await startProgram(registry)
    expect(await flow('top')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^no pipeline runs in a program of yours on this host; program is in a registry /),
    })
    const { exitCode, stdout } = await flow('top', '--registry', registry)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^inside {2}\d/)
    expect(stdout).toMatch(row('numbers', 1))
    // Its stages are no other actors, which the program is.
    expect(stdout).toMatch(/\nprogram +\w+ /)
    expect(stdout).not.toContain('numbers#1')
    await program.end()
  })

  it('shows each of two runs with one name, and one by its process id', async () => {
    const runs = [await startRun('slow.yaml'), await startRun('slow.yaml')]
    await using _first = runs[0] as FlowProcess
    await using _second = runs[1] as FlowProcess
    const both = await flow('top', 'slow')
    const pids = Array.from(both.stdout.matchAll(/^slow .* process (\d+)$/gm), ([, pid]) => pid as string)
    expect(pids).toHaveLength(2)
    expect((await flow('top', '--run', pids[1] as string)).stdout).toMatch(new RegExp(`^slow .* process ${pids[1]}\n`))
    expect(await flow('graph', 'slow.yaml', '--live')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^flow: 2 pipelines called 'slow' run: name one with --run: \w+ \(process \d+ on /),
    })
    expect(await flow('graph', 'slow.yaml', '--live', '--run', pids[0] as string)).toMatchObject({ exitCode: 0 })
    await end(...runs)
  })

  it.for([
    ['done', 'ends.yaml', 0, { ending: { kind: 'done' }, stages: [{ itemsIn: 300 }, { itemsIn: 300 }] }],
    ['cancelled', 'slow.yaml', 143, { ending: { kind: 'cancelled' } }],
    ['failed', 'fails.yaml', 1, { ending: { kind: 'failed', code: 'FLOW_STAGE' } }],
  ] as const)('hears the last that a run says which is %s', async ([kind, document, exitCode, expected]) => {
    await using run = await startRun(document)
    let last: FollowedPipeline | undefined
    let toCancel = kind === 'cancelled'
    await follow(([pipeline], leave) => {
      last = pipeline
      if (toCancel && pipeline?.statistics !== undefined) {
        // Once: the second such signal ends it at once.
        toCancel = false
        run.kill('SIGTERM')
      }
      if (pipeline?.statistics?.ending !== undefined) leave()
    })
    expect(await run.ended()).toMatchObject({ exitCode })
    expect(last?.statistics).toMatchObject(expected)
  })

  it('keeps what a run said last while that is frozen, and goes on with it', async () => {
    await using run = await startRun('slow.yaml')
    const seen: string[] = []
    await follow(([pipeline], leave) => {
      const { statistics, heardAtMs = 0 } = pipeline ?? {}
      const isOld = statistics !== undefined && performance.now() - heardAtMs > 2_000
      const what = statistics === undefined ? 'nothing' : isOld ? 'old figures' : 'figures'
      if (seen.at(-1) !== what) seen.push(what)
      if (statistics !== undefined && seen.length === 2) run.kill('SIGSTOP')
      if (isOld) run.kill('SIGCONT')
      if (seen.length === 4) leave()
    })
    expect(seen).toEqual(['nothing', 'figures', 'old figures', 'figures'])
    await end(run)
  })

  it('shows those of all programs of a registry, and the other actors there', async () => {
    const registry = address()
    const [slow, other] = await Promise.all([
      startRun('slow.yaml', '--registry', registry),
      startRun('other.yaml', '--registry', registry),
    ])
    const module = join(import.meta.dirname, '../../fixtures/actors/stands.ts')
    await using actor = startFlow(['actor', module, '--name', 'frank', '--registry', registry], folder)
    await actor.saysOnStdout(' listens at ')
    const { exitCode, stdout, stderr } = await flow('top', '--registry', registry)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^other {2}\d[^]*\nslow {2}\d/)
    expect(stdout.match(new RegExp(row('lengths', 2), 'gm'))).toHaveLength(2)
    const others = stdout.slice(stdout.indexOf('\nname '))
    expect(others).toMatch(/\nfrank +\w+ /)
    expect(others).not.toMatch(/#1|^slow|^other/m)
    expect((await flow('top', 'slow', '--registry', registry)).stdout).not.toContain('other')
    // A pipeline is found as an actor of that name, too.
    expect((await flow('ps', '--registry', registry)).stdout).toMatch(/^slow .* pipeline=slow$/m)
    // One that was killed is in the Redis for some seconds yet.
    other.kill('SIGKILL')
    await other.ended()
    expect(await flow('top', 'other', '--registry', registry)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^no pipeline called other runs in the registry\n/),
    })
    await end(slow, actor)
  })
})
