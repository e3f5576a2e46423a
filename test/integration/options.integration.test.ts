import { describe, expect, it } from 'vitest'
import { dumpAt, findRootSockets } from '../../engine/index.ts'
import { ActorExitError, type Definition, openNursery, type RunOptions, run, shield, UsageError } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import crashes from '../fixtures/actors/crashes.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const bed = openTreeBed()
const { nursery } = bed

describe('Options of a root that make no sense', () => {
  it.for<[name: string, options: RunOptions, message: RegExp]>([
    ['a frame of nothing', { maxFrameBytes: 0 }, /maxFrameBytes must be a whole number from 65536 up, not 0/],
    ['no calls at all', { limits: { maxContextCount: 0 } }, /maxContextCount must be a whole number from 1 up, not 0/],
    ['a grace that is no time', { cancelGraceMs: -1 }, /cancelGraceMs must be a number of milliseconds from 0 to/],
    ['a limit before the first ping', { heartbeat: { intervalMs: 100, limitMs: 50 } }, /limitMs above that/],
    ['an empty token', { token: '' }, /the token is empty/],
    ['half a process that waits', { prewarm: 1.5 }, /prewarm must be a whole number from 0 to 256, not 1.5/],
  ])('are refused before it leaves anything behind: %s', async ([, options, message]) => {
    const error = await errorOf(run(() => undefined, options))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toMatch(message)
  })
})

describe('Starting what is no actor', () => {
  it('is refused with what would be right', async () => {
    await nursery(async (nursery) => {
      const start = (name: unknown, definition: unknown, listen?: unknown) =>
        errorOf(nursery.startActor(name as string, definition as Definition<{}>, { listen } as object))
      expect(await start(5, answers)).toMatchObject({ code: 'FLOW_USAGE', message: 'an actor needs a name, not 5' })
      expect((await start('x', undefined)).message).toMatch(/needs the definition that defineActor.*not undefined/)
      expect((await start('x', answers, 'tcp://127.0.0.1:0')).message).toMatch(/listen of actor 'x' must be a list/)
    })
  })
})

describe('A call to an actor that crashes', () => {
  it.for(['process', 'thread'] as const)('fails with its exit (%s)', async (spawn) => {
    const error = await errorOf(
      nursery(async (nursery) => {
        const actor = await nursery.startActor('crashing', crashes, { spawn })
        const lost = await shield(() => errorOf(actor.run('throwUncaught')))
        expect(lost).toMatchObject({ code: 'FLOW_ACTOR_EXIT', exitCode: 1 })
      }),
    )
    expect(error).toBeInstanceOf(ActorExitError)
  })
})

describe('A root that listens elsewhere', () => {
  it('is found by a dump all the same', async () => {
    await run(
      () =>
        openNursery(async () => {
          const [socket = ''] = await findRootSockets()
          expect(await dumpAt(`unix:${socket}`, { timeoutMs: 5_000 })).toMatchObject({ actor: { name: 'elsewhere' } })
        }),
      { name: 'elsewhere', listen: ['tcp://127.0.0.1:0'], signals: false },
    )
  })
})
