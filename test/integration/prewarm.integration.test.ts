import { describe, expect, it } from 'vitest'
import { findActor, openNursery, type SpawnOptions, sleep } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import lives from '../fixtures/actors/lives.ts'
import { startProgram } from '../support/program.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const { nursery, processes, processOf } = openTreeBed()

const warmPids = async () =>
  (await processes())
    .filter(({ command }) => command === 'flow (warm)')
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)

/** Waits until so many processes wait, none of them among `others`. */
async function warm(count: number, others: readonly number[] = []): Promise<number[]> {
  let pids: number[] = []
  const enough = async () => {
    pids = await warmPids()
    return pids.length === count && !pids.some((pid) => others.includes(pid))
  }
  await waitUntil(enough, { withinMs: 20_000, describe: processes })
  // What they said before they took that title is read in the next turn.
  await sleep(1)
  return pids
}

describe('A root with processes that wait', () => {
  it('starts an actor in one of them, which is then as any other', async () => {
    await nursery(
      async (nursery) => {
        const waiting = await warm(2)
        const actor = await nursery.startActor('first', answers, { state: { flavour: new Set(['sour']) } })
        const { pid, ...rest } = await actor.run('whoAmI')
        expect(waiting).toContain(pid)
        expect(rest).toEqual({ name: 'first', parent: 'root', flavour: new Set(['sour']) })
        expect((await processOf('first')).pid).toBe(pid)
        expect(await (await findActor('first', answers))?.run('add', 1, 2)).toBe(3)
        await actor.cancelActor()
      },
      { prewarm: 2 },
    )
    expect(await processes()).toEqual([])
  })

  it('has another one wait in the place of each that was taken', async () => {
    await nursery(
      async (nursery) => {
        const [before = 0] = await warm(1)
        const actor = await nursery.startActor('first', answers)
        expect((await actor.run('whoAmI')).pid).toBe(before)
        const [after = 0] = await warm(1, [before])
        const next = await nursery.startActor('second', answers)
        expect((await next.run('whoAmI')).pid).toBe(after)
        nursery.cancel()
      },
      { prewarm: 1 },
    )
  })

  it('starts more actors at once than there are processes', async () => {
    await nursery(
      async (nursery) => {
        const waiting = await warm(2)
        const actors = await Promise.all(['a', 'b', 'c', 'd'].map((name) => nursery.startActor(name, answers)))
        const all = await Promise.all(actors.map((actor) => actor.run('whoAmI')))
        expect(all.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
        expect(all.filter(({ pid }) => waiting.includes(pid))).toHaveLength(2)
        nursery.cancel()
      },
      { prewarm: 2 },
    )
  })

  it.for<[name: string, options: SpawnOptions]>([
    ['env', { env: { FLAVOUR: 'sour' } }],
    ['execArgv', { execArgv: ['--stack-trace-limit=3'] }],
    ['stdin', { stdin: 'inherit' }],
    ['stdout', { stdout: 'stderr' }],
  ])('starts an actor in a new one if that has an option of its own for it: %s', async ([, options]) => {
    await nursery(
      async (nursery) => {
        const waiting = await warm(1)
        const actor = await nursery.startActor('other', answers, options)
        expect(waiting).not.toContain((await actor.run('whoAmI')).pid)
        expect(await actor.run('environment', 'FLAVOUR')).toBe(options.env?.['FLAVOUR'])
        expect(await warmPids()).toEqual(waiting)
        await actor.cancelActor()
      },
      { prewarm: 1 },
    )
  })

  it('exchanges them when its environment has changed', async () => {
    await nursery(
      async (nursery) => {
        const waiting = await warm(1)
        process.env['PREWARM_FLAVOUR'] = 'sour'
        try {
          const actor = await nursery.startActor('first', answers)
          expect(await actor.run('environment', 'PREWARM_FLAVOUR')).toBe('sour')
          const [later = 0] = await warm(1, waiting)
          const next = await nursery.startActor('second', answers)
          expect(await next.run('whoAmI')).toMatchObject({ pid: later })
          expect(await next.run('environment', 'PREWARM_FLAVOUR')).toBe('sour')
          nursery.cancel()
        } finally {
          delete process.env['PREWARM_FLAVOUR']
        }
      },
      { prewarm: 1 },
    )
  })

  it('starts an actor again in one of them', async () => {
    await nursery(
      async () => {
        const waiting = await warm(2)
        await openNursery(
          async (nursery) => {
            const actor = await nursery.startActor('often', lives, { state: { flavour: 'sour' } })
            const first = await actor.run('self')
            process.kill(first.pid, 'SIGKILL')
            await waitUntil(() => actor.actor.id !== first.id, { describe: processes })
            const second = await actor.run('self')
            expect([first.pid, second.pid].sort((a, b) => a - b)).toEqual(waiting)
            expect(second.flavour).toBe('sour')
            await actor.cancelActor()
          },
          { restart: 'on-failure', strategy: 'one-for-one', backoff: { initialMs: 1 } },
        )
      },
      { prewarm: 2 },
    )
  })

  it('has another one wait when one is killed', async () => {
    await nursery(
      async (nursery) => {
        const [victim = 0, other = 0] = await warm(2)
        process.kill(victim, 'SIGKILL')
        expect(await warm(2, [victim])).toContain(other)
        const actor = await nursery.startActor('first', answers)
        expect(await actor.run('add', 1, 2)).toBe(3)
        await actor.cancelActor()
      },
      { prewarm: 2 },
    )
  })

  it('hands its actors the token that is nowhere to be seen', async () => {
    await nursery(
      async (nursery) => {
        const waiting = await warm(1)
        const actor = await nursery.startActor('first', answers)
        expect(waiting).toContain((await actor.run('whoAmI')).pid)
        expect(await actor.run('environment', 'FLOW_TOKEN')).toBeUndefined()
        await actor.cancelActor()
      },
      { prewarm: 1, token: 'not to be seen by anybody' },
    )
  })

  it('gives a SpawnError for a module that throws, as from any process', async () => {
    await nursery(
      async (nursery) => {
        await warm(1)
        const { href } = new URL('../fixtures/actors/throws-while-loading.ts', import.meta.url)
        const broken = { ...answers, url: href } as typeof answers
        await expect(nursery.startActor('broken', broken)).rejects.toThrow(
          "actor 'broken' did not start: RangeError: not on a Monday",
        )
      },
      { prewarm: 1 },
    )
  })

  it('leaves none when it is killed', async () => {
    const program = startProgram('prewarms.ts', 'waits')
    await program.said('two wait')
    program.kill('SIGKILL')
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' })
    await waitUntil(async () => (await processes()).length === 0, { describe: processes })
  })

  it('leaves none on a ctrl-c, which a terminal sends to them, too', async () => {
    const program = startProgram('prewarms.ts', 'waits')
    await program.said('two wait')
    program.pressCtrlC()
    expect(await program.ended).toEqual({ exitCode: null, signal: 'SIGINT', stdout: 'two wait\n', stderr: '' })
    expect(await processes()).toEqual([])
  })

  it.for([
    ['by itself when there is nothing more to do', 'ends', 0],
    ['with process.exit()', 'exits', 3],
  ] as const)('ends %s, and leaves none', async ([, how, exitCode]) => {
    const program = startProgram('prewarms.ts', how)
    expect(await program.ended).toEqual({ exitCode, signal: null, stdout: 'two wait\n', stderr: '' })
    await waitUntil(async () => (await processes()).length === 0, { describe: processes })
  })
})
