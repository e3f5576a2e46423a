import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ActorDump, dumpActor } from '../../engine/dump.ts'
import { currentRuntime } from '../../engine/index.ts'
import { currentActor, openNursery, shield, waitForActor } from '../../index.ts'
import stalls from '../fixtures/actors/stalls.ts'
import joins from '../fixtures/programs/joins.ts'
import { endProgram, startJoining } from '../support/foreign-program.ts'
import { listenToStderr } from '../support/nursery-log.ts'
import { type Program, startProgram } from '../support/program.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const { tree, nursery, notes, readNotes, processes, processOf } = openTreeBed()

const limitMs = 800
const heartbeat = { intervalMs: 100, limitMs }

afterEach(() => {
  vi.restoreAllMocks()
})

const freeze = (pid: number) => process.kill(pid, 'SIGSTOP')

describe('An actor that is frozen', () => {
  it('is given up: its calls, streams and contexts end, it is killed and reported, and its nursery fails', async () => {
    const stderr = listenToStderr()
    const error = await errorOf(
      nursery(
        async (nursery) => {
          const actor = await nursery.startActor('frozen', stalls)
          await shield(async () => {
            const stream = actor.stream('countAndWait', 100)
            const items = [(await stream.next()).value]
            const held = await actor.openContext('hold')
            await held.stream.send(1)
            expect(await held.stream.next()).toMatchObject({ value: 1 })
            freeze(await actor.run('processId'))

            const calls = [actor.run('wait'), actor.run('processId'), held.stream.next(), held.result()]
            const lost = {
              code: 'FLOW_ACTOR_EXIT',
              signal: 'SIGKILL',
              cause: { code: 'FLOW_CHANNEL_BROKEN', frozen: true },
            }
            for (const each of await Promise.all(calls.map((call) => errorOf(call)))) expect(each).toMatchObject(lost)
            const rest = async () => {
              for await (const n of stream) items.push(n)
            }
            expect(await errorOf(rest())).toMatchObject(lost)
            expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n))
          })
        },
        { heartbeat },
      ),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'frozen' }, signal: 'SIGKILL' })
    expect(stderr).toEqual([
      expect.stringMatching(/actor 'frozen' \(\w+\):? gave no sign of life for too long .*: killed it\n$/),
    ])
    expect(await processes()).toEqual([])
  })

  it('is started again, where its nursery does that', async () => {
    listenToStderr()
    await tree(
      () =>
        openNursery(
          async (nursery) => {
            const actor = await nursery.startActor('frozen', stalls)
            const pid = await actor.run('processId')
            freeze(pid)
            expect(await errorOf(actor.run('wait'))).toMatchObject({ code: 'FLOW_ACTOR_EXIT' })
            expect(await actor.run('processId')).not.toBe(pid)
            nursery.cancel()
          },
          { restart: 'on-failure' },
        ),
      { heartbeat },
    )
  })

  it('in a thread that never lets its event loop turn is given up in the same way', async () => {
    const stderr = listenToStderr()
    const error = await errorOf(
      nursery(
        async (nursery) => {
          const actor = await nursery.with({ spawn: 'thread' }).startActor('blocked', stalls)
          await actor.run('block', 3_600_000)
        },
        { heartbeat },
      ),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'blocked' }, signal: 'SIGKILL' })
    expect(stderr).toEqual([expect.stringContaining('gave no sign of life')])
  })

  it('for less than the limit lives, and so do its calls', async () => {
    const patient = { intervalMs: 50, limitMs: 5_000 }
    await nursery(
      async (nursery) => {
        const actor = await nursery.startActor('busy', stalls)
        const [blocked, pid] = await Promise.all([actor.run('block', 500), actor.run('processId')])
        expect(blocked).toBe('blocked for 500 ms')
        expect(pid).toBe((await processOf('busy')).pid)
        await actor.cancelActor()
      },
      { heartbeat: patient },
    )
  })
})

describe('A program that is frozen and nobody ends', () => {
  const startStranger = (registry: string): Program => startJoining({ name: 'stranger', registry })

  it('is given up by whoever calls it over a channel of their own, and is not killed', async () => {
    let stranger: Program | undefined
    await nursery(
      async (nursery) => {
        stranger = startStranger(currentActor().addresses[0] ?? '')
        const [there, caller] = await Promise.all([
          waitForActor('stranger', joins),
          nursery.startActor('caller', joins),
        ])
        const pid = (await there.run('whoAmI')).pid
        expect(await caller.run('ask', 'stranger')).toBe('stranger')
        const losses = [caller.run('loseIt', 'stranger'), errorOf(there.run('wait'))]
        freeze(pid)
        expect(await Promise.all(losses)).toMatchObject([
          { code: 'FLOW_CHANNEL_BROKEN', frozen: true },
          { code: 'FLOW_CHANNEL_BROKEN', frozen: true },
        ])
        process.kill(pid, 'SIGCONT')
        await endProgram(stranger)
        await caller.cancelActor()
      },
      { heartbeat },
    )
    expect(await stranger?.ended).toMatchObject({ signal: 'SIGTERM' })
  })

  it('is not given up by one that was blocked itself for longer than the limit', async () => {
    await tree(
      async () => {
        const stranger = startStranger(currentActor().addresses[0] ?? '')
        const there = await waitForActor('stranger', joins)
        const waiting = errorOf(there.run('wait'))
        const { pid } = await there.run('whoAmI')
        const end = performance.now() + 3 * limitMs
        while (performance.now() < end);
        expect(await there.run('whoAmI')).toEqual({ name: 'stranger', pid })
        await endProgram(stranger)
        expect(await waiting).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED' })
      },
      { heartbeat },
    )
  })
})

describe('A tree', () => {
  async function startBeats(name: string): Promise<Program> {
    const program = startProgram('beats.ts', notes(name), `${limitMs}`)
    await waitUntil(async () => (await readNotes(name)).includes('below begun'), {
      withinMs: 20_000,
      describe: program.output,
    })
    return program
  }

  it('that a terminal stops (ctrl-z) for longer than the limit goes on afterwards as if nothing had been', async () => {
    const program = await startBeats('ctrl-z')
    process.kill(-program.pid, 'SIGSTOP')
    const stoppedAt = performance.now()
    await waitUntil(() => performance.now() - stoppedAt > 3 * limitMs, { describe: program.output })
    process.kill(-program.pid, 'SIGCONT')
    writeFileSync(`${notes('ctrl-z')}.go`, '')
    expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout: 'the same\n', stderr: '' })
  })

  it('whose root alone is frozen, for longer than the limit, goes on when that does', async () => {
    const program = await startBeats('root-frozen')
    program.freeze()
    const frozenAt = performance.now()
    await waitUntil(() => performance.now() - frozenAt > 3 * limitMs, { describe: program.output })
    program.thaw()
    writeFileSync(`${notes('root-frozen')}.go`, '')
    expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout: 'the same\n', stderr: '' })
  })

  it('whose root is frozen and then killed leaves nobody', async () => {
    const program = await startBeats('frozen-and-killed')
    program.freeze()
    program.kill('SIGKILL')
    await program.ended
    await waitUntil(async () => (await processes()).length === 0, { describe: processes })
    expect(await readNotes('frozen-and-killed')).toEqual(['below begun', 'below ended'])
  })

  it('knows how long a round trip to each of its actors takes, once it has asked for a sign of life', async () => {
    await nursery(
      async (nursery) => {
        const actor = await nursery.startActor('near', stalls)
        let dump: ActorDump | undefined
        const roundTripMs = () => dump?.channels.find(({ peer }) => peer.id === actor.actor.id)?.roundTripMs
        await waitUntil(
          async () => {
            dump = await dumpActor(currentRuntime())
            return roundTripMs() !== undefined
          },
          { describe: () => dump },
        )
        expect(roundTripMs()).toBeGreaterThan(0)
        expect(roundTripMs()).toBeLessThan(10_000)
        await actor.cancelActor()
      },
      // Asked about itself all the time, it is never silent for long.
      { heartbeat: { intervalMs: 5, limitMs: 60_000 } },
    )
  })
})
