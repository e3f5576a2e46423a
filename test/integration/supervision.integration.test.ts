import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NurseryOptions } from '../../engine/index.ts'
import { findActor, type Nursery, openNursery, type Portal, sleep } from '../../index.ts'
import lives from '../fixtures/actors/lives.ts'
import { listenToStderr, openNurseryLog } from '../support/nursery-log.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

type Lives = typeof lives.functions

// Quick, as nothing here depends on how long it waits.
const backoff = { initialMs: 1 }

describe('A supervising nursery', () => {
  const { tree, notes, readNotes, processes } = openTreeBed()

  afterEach(() => {
    vi.restoreAllMocks()
  })

  const supervised = <T>(options: NurseryOptions, body: (nursery: Nursery) => Promise<T>): Promise<T> =>
    tree(() => openNursery(body, { backoff, ...options }))

  const startAll = async (nursery: Nursery, ...names: string[]): Promise<Portal<Lives>[]> => {
    const portals: Portal<Lives>[] = []
    for (const name of names) portals.push(await nursery.startActor(name, lives))
    return portals
  }

  const idsOf = (portals: readonly Portal<Lives>[]) =>
    Promise.all(portals.map(async (portal) => (await portal.run('self')).id))

  const killIt = async (portal: Portal<Lives>) => process.kill((await portal.run('self')).pid, 'SIGKILL')

  it.for(['process', 'thread'] as const)(
    'one-for-one starts only the one that failed again (%s): its portal and its name lead to the new one',
    async (spawn) => {
      await supervised({ restart: 'on-failure', spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const portals = await startAll(nursery, 'anna', 'bert')
        const [anna, bert] = portals as [Portal<Lives>, Portal<Lives>]
        const before = await idsOf(portals)
        expect(await errorOf(anna.run('exit', 3))).toMatchObject({ code: 'FLOW_ACTOR_EXIT', exitCode: 3, signal: null })
        await log.until('restarted', 1)

        const after = await idsOf(portals)
        expect(after[1]).toBe(before[1])
        expect(after[0]).not.toBe(before[0])
        expect([anna.actor.id, bert.actor.id]).toEqual(after)
        expect((await (await findActor('anna', lives))?.run('self'))?.id).toBe(after[0])
        expect(log.lines()).toEqual(['started anna', 'started bert', 'exited anna by exit code 3', 'restarted anna 1'])
        nursery.cancel()
      })
    },
  )

  it.for(['process', 'thread'] as const)(
    'one-for-all ends all the others, the last first, and starts all of them again, the first first (%s)',
    async (spawn) => {
      await supervised({ restart: 'on-failure', strategy: 'one-for-all', spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const portals = await startAll(nursery, 'anna', 'bert', 'carl')
        const before = await idsOf(portals)
        await errorOf(portals[1]?.run('exit', 3) ?? Promise.resolve())
        await log.until('restarted', 3)
        const after = await idsOf(portals)
        expect(new Set([...before, ...after]).size).toBe(6)
        expect(log.lines().slice(3)).toEqual([
          'exited bert by exit code 3',
          'exited carl',
          'exited anna',
          'restarted anna 1',
          'restarted bert 1',
          'restarted carl 1',
        ])
        nursery.cancel()
      })
    },
  )

  it.for(['process', 'thread'] as const)(
    'rest-for-one starts the one that failed again and those that were started after it (%s)',
    async (spawn) => {
      await supervised({ restart: 'on-failure', strategy: 'rest-for-one', spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const portals = await startAll(nursery, 'anna', 'bert', 'carl')
        const before = await idsOf(portals)
        await errorOf(portals[1]?.run('exit', 3) ?? Promise.resolve())
        await log.until('restarted', 2)
        const after = await idsOf(portals)
        expect(after[0]).toBe(before[0])
        expect(new Set([...before, ...after]).size).toBe(5)
        expect(log.lines().slice(3)).toEqual([
          'exited bert by exit code 3',
          'exited carl',
          'restarted bert 1',
          'restarted carl 1',
        ])
        nursery.cancel()
      })
    },
  )

  it('keeps the order of their first start, however often one of them was started again since', async () => {
    const options = { restart: 'on-failure', strategy: 'rest-for-one', maxRestarts: 9, spawn: 'thread' } as const
    await supervised(options, async (nursery) => {
      const log = openNurseryLog(nursery)
      const portals = await startAll(nursery, 'anna', 'bert')
      await errorOf(portals[0]?.run('exit', 1) ?? Promise.resolve())
      await log.until('restarted', 2)
      await errorOf(portals[1]?.run('exit', 1) ?? Promise.resolve())
      await log.until('restarted', 3)
      await errorOf(portals[0]?.run('exit', 1) ?? Promise.resolve())
      await log.until('restarted', 5)
      expect(log.lines().filter((line) => line.startsWith('restarted'))).toEqual([
        'restarted anna 1',
        'restarted bert 1',
        'restarted bert 2',
        'restarted anna 2',
        'restarted bert 3',
      ])
      nursery.cancel()
    })
  })

  it('one-for-all takes two that fail at the same moment as one failure of the group', async () => {
    await supervised({ restart: 'on-failure', strategy: 'one-for-all', maxRestarts: 1 }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const portals = await startAll(nursery, 'anna', 'bert', 'carl')
      const pids = await Promise.all(portals.slice(0, 2).map(async (portal) => (await portal.run('self')).pid))
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await log.until('restarted', 3)
      expect(new Set(await idsOf(portals)).size).toBe(3)
      const restarted = log.lines().filter((line) => line.startsWith('restarted'))
      expect(restarted).toEqual(['restarted anna 1', 'restarted bert 1', 'restarted carl 1'])
      nursery.cancel()
    })
  })

  // Which of the two exits is heard of first decides whether bert and carl are started again once or twice.
  it('rest-for-one starts all from the first of two on that fail at the same moment', async () => {
    await supervised({ restart: 'on-failure', strategy: 'rest-for-one', maxRestarts: 2 }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const portals = await startAll(nursery, 'anna', 'bert', 'carl')
      const pids = await Promise.all(portals.slice(0, 2).map(async (portal) => (await portal.run('self')).pid))
      for (const pid of pids.reverse()) process.kill(pid, 'SIGKILL')
      const last = () => log.lines().slice(-3).join()
      await waitUntil(() => /^restarted anna 1,restarted bert [12],restarted carl [12]$/.test(last()), {
        withinMs: 20_000,
        describe: log.lines,
      })
      const up = portals.map(({ actor }) => actor.id)
      expect(await idsOf(portals)).toEqual(up)
      nursery.cancel()
    })
  })

  it('one-for-one starts two that fail at the same moment again, each by itself', async () => {
    await supervised({ restart: 'on-failure' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const portals = await startAll(nursery, 'anna', 'bert')
      await Promise.all(portals.map(killIt))
      await log.until('restarted', 2)
      expect(new Set(await idsOf(portals)).size).toBe(2)
      expect(log.lines().slice(2).toSorted()).toEqual([
        'exited anna by SIGKILL',
        'exited bert by SIGKILL',
        'restarted anna 1',
        'restarted bert 1',
      ])
      nursery.cancel()
    })
  })

  it('that starts nobody again does without the one that failed, says so, and goes on', async () => {
    const stderr = listenToStderr()
    await supervised({ strategy: 'one-for-one' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const [anna, bert] = (await startAll(nursery, 'anna', 'bert')) as [Portal<Lives>, Portal<Lives>]
      await killIt(anna)
      await log.until('exited', 1)
      expect(await errorOf(anna.run('self'))).toMatchObject({ code: 'FLOW_ACTOR_EXIT', signal: 'SIGKILL' })
      expect((await bert.run('self')).id).toBe(bert.actor.id)
      expect(nursery.signal.aborted).toBe(false)
      expect(await findActor('anna', lives)).toBeUndefined()
      await bert.cancelActor()
      expect(log.lines()).toEqual(['started anna', 'started bert', 'exited anna by SIGKILL', 'exited bert'])
    })
    expect(stderr).toEqual([
      expect.stringMatching(/^actorflow: actor 'anna' \(\w+\):? is done without: .* by SIGKILL\n$/),
    ])
  })

  it('that starts nobody again does without a run-once actor whose function throws, too', async () => {
    const stderr = listenToStderr()
    await supervised({ strategy: 'one-for-one', spawn: 'thread' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const once = await nursery.runInActor('once', lives, 'succeedAfter', notes('done-without'), 1)
      expect(await errorOf(once.result())).toMatchObject({ code: 'FLOW_REMOTE', message: 'failure 1' })
      await log.until('exited', 1)
      expect(log.lines()).toEqual(['started once', 'exited once by RemoteActorError'])
    })
    expect(stderr).toEqual([expect.stringContaining('is done without: failure 1')])
  })

  it.for(['cancel', 'drain'] as const)(
    'always starts an actor again that left in order: a third party had it %s',
    async (how) => {
      await supervised({ restart: 'always' }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const [anna, bert] = (await startAll(nursery, 'anna', 'bert')) as [Portal<Lives>, Portal<Lives>]
        const before = anna.actor.id
        await bert.run('seeOff', 'anna', how)
        await log.until('restarted', 1)
        expect((await anna.run('self')).id).not.toBe(before)
        expect(log.lines().slice(2)).toEqual(['exited anna', 'restarted anna 1'])
        nursery.cancel()
      })
    },
  )

  it.for(['cancel', 'drain'] as const)(
    'on-failure lets an actor go that left in order: a third party had it %s',
    async (how) => {
      await supervised({ restart: 'on-failure' }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const [anna, bert] = (await startAll(nursery, 'anna', 'bert')) as [Portal<Lives>, Portal<Lives>]
        await bert.run('seeOff', 'anna', how)
        await log.until('exited', 1)
        expect(await errorOf(anna.run('self'))).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
        await bert.cancelActor()
        expect(log.lines().slice(2)).toEqual(['exited anna', 'exited bert'])
      })
    },
  )

  it.for(['process', 'thread', 'inline'] as const)(
    'never starts an actor again that its owner cancelled (%s)',
    async (spawn) => {
      await supervised({ restart: 'always', spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const [anna] = (await startAll(nursery, 'anna')) as [Portal<Lives>]
        await anna.cancelActor()
        expect(await errorOf(anna.run('self'))).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
        expect(log.lines()).toEqual(['started anna', 'exited anna'])
      })
    },
  )

  it.for(['process', 'thread', 'inline'] as const)(
    'runs a run-once actor again until its function succeeds (%s)',
    async (spawn) => {
      const file = notes(`succeeds-${spawn}`)
      await supervised({ restart: 'on-failure', spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const once = await nursery.runInActor('once', lives, 'succeedAfter', file, 2)
        expect(await once.result()).toBe('after 2 failures')
        await log.until('exited', 3)
        expect(log.lines()).toEqual([
          'started once',
          'exited once by RemoteActorError',
          'restarted once 1',
          'exited once by RemoteActorError',
          'restarted once 2',
          'exited once',
        ])
        const ids = log.events.filter(({ kind }) => kind !== 'exited').map(({ actor }) => actor.id)
        expect(await readNotes(`succeeds-${spawn}`)).toEqual(ids)
      })
    },
  )

  it('runs a run-once actor again that was killed under its function', async () => {
    const file = notes('killed-once')
    await supervised({ restart: 'on-failure' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const once = await nursery.runInActor('once', lives, 'wait', file)
      for (const count of [1, 2]) {
        await waitUntil(async () => (await readNotes('killed-once')).length === count, { describe: log.lines })
        const [running] = await processes()
        if (count === 1) process.kill(running?.pid ?? 0, 'SIGKILL')
      }
      await once.cancelActor()
      expect(await errorOf(once.result())).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED' })
      expect(await readNotes('killed-once')).toEqual(['once begun', 'once begun', 'once ended'])
      expect(log.lines()).toEqual(['started once', 'exited once by SIGKILL', 'restarted once 1', 'exited once'])
    })
  })

  it('runs a run-once actor again that another one of its group took along', async () => {
    const file = notes('taken-along')
    await supervised({ restart: 'on-failure', strategy: 'one-for-all', spawn: 'thread' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const [anna] = (await startAll(nursery, 'anna')) as [Portal<Lives>]
      await nursery.runInActor('once', lives, 'wait', file)
      await waitUntil(async () => (await readNotes('taken-along')).length === 1, { describe: log.lines })
      await errorOf(anna.run('exit', 1))
      await waitUntil(async () => (await readNotes('taken-along')).length === 3, { describe: log.lines })
      expect(await readNotes('taken-along')).toEqual(['once begun', 'once ended', 'once begun'])
      nursery.cancel()
    })
  })

  it.for([{}, { restart: 'on-failure' }] as const)(
    'has not failed when the owner of a run-once actor cancels it (%j)',
    async (options) => {
      const file = notes(`owner-cancels-${JSON.stringify(options)}`)
      await supervised({ ...options, spawn: 'inline' }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const once = await nursery.runInActor('once', lives, 'wait', file)
        await once.cancelActor('not needed any more')
        expect(await errorOf(once.result())).toMatchObject({
          code: 'FLOW_CONTEXT_CANCELLED',
          reason: 'not needed any more',
        })
        expect(log.lines()).toEqual(['started once', 'exited once'])
      })
    },
  )

  it('fails when a local task does: those are not started again', async () => {
    const mine = new Error('mine')
    const failing = supervised({ restart: 'always', spawn: 'inline' }, async (nursery) => {
      await startAll(nursery, 'anna')
      void nursery.startTask(() => {
        throw mine
      })
      await sleep(Infinity)
    })
    expect(await errorOf(failing)).toBe(mine)
  })
})
