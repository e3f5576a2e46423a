import { describe, expect, it } from 'vitest'
import { currentRuntime } from '../../engine/index.ts'
import { findActor, type Nursery, type Portal } from '../../index.ts'
import drains from '../fixtures/actors/drains.ts'
import { openNurseryLog } from '../support/nursery-log.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

type Drains = typeof drains.functions

const { nursery, processes } = openTreeBed()

/** Resolves when the actor has been asked to drain and refuses new calls. */
async function draining(portal: Portal<Drains>): Promise<void> {
  let last: unknown
  const refuses = async () => {
    last = await portal.run('processId').catch((error: Error & { code?: string }) => error.code)
    return last === 'FLOW_ACTOR_DRAINING'
  }
  await waitUntil(refuses, { describe: () => last })
}

const start = (nursery: Nursery, spawn: 'process' | 'thread' | 'inline') =>
  nursery.with({ spawn }).startActor('actor', drains)

describe('An actor that is asked to drain', () => {
  it.for(['process', 'thread', 'inline'] as const)(
    'finishes what it does, refuses new calls, is not found any more, and leaves in order (%s)',
    async (spawn) => {
      await nursery(async (nursery) => {
        const log = openNurseryLog(nursery)
        const actor = await start(nursery, spawn)
        const stream = actor.stream('countWhenTold', 3)
        expect(await stream.next()).toMatchObject({ value: 0 })
        const held = await actor.openContext('double')
        await held.stream.send(1)
        expect(await held.stream.next()).toMatchObject({ value: 2 })
        const waiting = actor.run('waitUntilTold')

        let gone = false
        const drained = actor.drainActor().then(() => {
          gone = true
        })
        await draining(actor)
        expect(await errorOf(actor.run('processId'))).toMatchObject({ code: 'FLOW_ACTOR_DRAINING', actor: actor.actor })
        expect(await errorOf(actor.stream('countWhenTold', 1).next())).toMatchObject({ code: 'FLOW_ACTOR_DRAINING' })
        expect(await errorOf(actor.openContext('double'))).toMatchObject({ code: 'FLOW_ACTOR_DRAINING' })
        await waitUntil(async () => (await findActor('actor', drains)) === undefined, { describe: log.lines })

        // What it had goes on, both ways.
        await held.stream.send(2)
        expect(await held.stream.next()).toMatchObject({ value: 4 })
        expect({ gone, lines: log.lines() }).toEqual({ gone: false, lines: ['started actor'] })
        await held.stream.send(0)
        const rest: number[] = []
        for await (const n of stream) rest.push(n)
        await held.stream.close()
        expect({ rest, told: await waiting, result: await held.result() }).toEqual({
          rest: [1, 2],
          told: 'told',
          result: 3,
        })
        await drained
        await log.until('exited', 1)
        expect(log.lines()).toEqual(['started actor', 'exited actor'])
        expect(await errorOf(actor.run('processId'))).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
      })
      expect(await processes()).toEqual([])
    },
  )

  it('leaves at once where it has nothing to finish', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'process')
      await actor.drainActor()
    })
    expect(await processes()).toEqual([])
  })

  it('by a portal that was found by its name does the same', async () => {
    await nursery(async (nursery) => {
      const log = openNurseryLog(nursery)
      const actor = await start(nursery, 'process')
      const held = await actor.openContext('double')
      const found = await findActor('actor', drains)
      const drained = found?.drainActor()
      await draining(actor)
      await held.stream.close()
      expect(await held.result()).toBe(0)
      await drained
      await log.until('exited', 1)
      expect(log.lines()).toEqual(['started actor', 'exited actor'])
    })
  })

  it('by two at once leaves for both', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'thread')
      const held = await actor.openContext('double')
      const drained = [actor.drainActor(), actor.drainActor()]
      await draining(actor)
      await held.stream.close()
      await Promise.all(drained)
    })
    expect(await processes()).toEqual([])
  })

  it('has left already where it is asked again', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'thread')
      await actor.drainActor()
      await expect(actor.drainActor()).resolves.toBeUndefined()
    })
  })

  it('and then cancelled cancels what it still does, and leaves', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'process')
      const waiting = errorOf(actor.run('waitUntilTold'))
      const drained = actor.drainActor()
      await draining(actor)
      await actor.cancelActor('no time')
      expect(await waiting).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'no time' })
      await drained
    })
    expect(await processes()).toEqual([])
  })

  it('is cancelled with its nursery', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'process')
      void nursery.startTask(() => actor.run('waitUntilTold'))
      void nursery.startTask(() => actor.drainActor())
      await draining(actor)
      nursery.cancel()
    })
    expect(await processes()).toEqual([])
  })

  it('takes calls from below it for what it finishes: they are not its to refuse, but those of its own children', async () => {
    await nursery(async (nursery) => {
      const actor = await start(nursery, 'process')
      const asked = actor.run('askBelowWhenTold')
      const drained = actor.drainActor()
      await draining(actor)
      const below = await findBelow()
      await below.run('tell')
      expect(await asked).toBe(below.actor.name)
      await drained
    })

    async function findBelow(): Promise<Portal<Drains>> {
      let found: Portal<Drains> | undefined
      const there = async () => {
        found = await findActor('below', drains)
        return found !== undefined
      }
      await waitUntil(there, { describe: () => currentRuntime().registry.list() })
      return found as Portal<Drains>
    }
  })
})
