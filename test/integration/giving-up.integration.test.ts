import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NurseryOptions } from '../../engine/index.ts'
import { moveOnAfter, type Nursery, openNursery, type Portal, shield, sleep } from '../../index.ts'
import lives from '../fixtures/actors/lives.ts'
import loadsAsTold from '../fixtures/actors/loads-as-told.ts'
import { listenToStderr, openNurseryLog } from '../support/nursery-log.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

type Lives = typeof lives.functions

const backoff = { initialMs: 1 }
// A wait that no test sees the end of.
const long = { initialMs: 3_600_000, maxMs: 3_600_000 }

const { tree, notes, readNotes, processes } = openTreeBed()

const supervised = <T>(options: NurseryOptions, body: (nursery: Nursery) => Promise<T>): Promise<T> =>
  tree(() => openNursery(body, { backoff, restart: 'on-failure', ...options }))

const killIt = async (portal: Portal<Lives>) => process.kill((await portal.run('self')).pid, 'SIGKILL')

/** Ends an actor each time it is up, until nobody starts it any more. */
async function endAgainAndAgain(portal: Portal<Lives>): Promise<never> {
  for (let last: Error | undefined; ; ) {
    const error = await errorOf(portal.run('exit', 3))
    if (error.code !== 'FLOW_ACTOR_EXIT' || error === last) throw error
    last = error
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('A supervising nursery gives up', () => {
  it('after more restarts than it may, with the last exit: it says so, cancels the others and fails', async () => {
    const stderr = listenToStderr()
    const file = notes('gives-up')
    let lines: string[] = []
    const error = await errorOf(
      supervised({ maxRestarts: 2 }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const bert = await nursery.startActor('bert', lives)
        void nursery.startTask(() => bert.run('wait', file))
        await waitUntil(async () => (await readNotes('gives-up')).length > 0, { describe: log.lines })
        const anna = await nursery.startActor('anna', lives)
        void log.ended.then(() => {
          lines = log.lines()
        })
        await endAgainAndAgain(anna)
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'anna' }, exitCode: 3 })
    expect(await readNotes('gives-up')).toEqual(['bert begun', 'bert ended'])
    expect(lines).toEqual([
      'started bert',
      'started anna',
      'exited anna by exit code 3',
      'restarted anna 1',
      'exited anna by exit code 3',
      'restarted anna 2',
      'exited anna by exit code 3',
      'escalated anna by exit code 3',
      'exited bert',
    ])
    expect(stderr).toEqual([
      expect.stringMatching(/^actorflow: actor 'anna' \(\w+\):? is given up: .* 2 restarts within 60000 ms\n$/),
    ])
  })

  it('and so do all who wait for the actor', async () => {
    listenToStderr()
    const waited: Error[] = []
    const error = await errorOf(
      supervised({ maxRestarts: 0, spawn: 'thread' }, async (nursery) => {
        const anna = await nursery.startActor('anna', lives)
        await shield(async () => {
          waited.push(await errorOf(anna.run('exit', 3)))
          waited.push(await errorOf(anna.run('self')))
          waited.push(await errorOf(anna.stream('countAndWait', 1).next()))
        })
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', exitCode: 3 })
    expect(waited).toEqual([error, error, error])
  })

  it('and those whose calls were waiting for the next one get the reason, out of reach of the nursery too', async () => {
    listenToStderr()
    const file = notes('waiting-calls')
    let waiting: Promise<Error> | undefined
    const error = await errorOf(
      supervised({ maxRestarts: 1, backoff: { initialMs: 100 } }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const anna = await nursery.startActor('anna', loadsAsTold, { env: { LOADING: file } })
        writeFileSync(`${file}.throws`, '')
        await errorOf(anna.run('exit', 1))
        await log.until('exited', 1)
        waiting = shield(() => errorOf(anna.run('id')))
        await sleep(Infinity)
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_SPAWN', actor: { name: 'anna' } })
    expect(error.message).toContain('it does not load any more')
    expect(await waiting).toBe(error)
  })

  it('not because of restarts that are long ago', async () => {
    const ids = new Set<string>()
    await supervised({ maxRestarts: 1, withinMs: 200, spawn: 'thread' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      for (const count of [1, 2, 3]) {
        const before = performance.now()
        await errorOf(anna.run('exit', 1))
        await log.until('restarted', count)
        await waitUntil(() => performance.now() - before > 400, { describe: log.lines })
        ids.add(anna.actor.id)
      }
      nursery.cancel()
    })
    expect(ids.size).toBe(3)
  })

  it('with what the function threw, where a run-once actor fails too often', async () => {
    listenToStderr()
    const error = await errorOf(
      supervised({ maxRestarts: 1, spawn: 'inline' }, async (nursery) => {
        const once = await nursery.runInActor('once', lives, 'succeedAfter', notes('fails-too-often'), 9)
        await once.result()
      }),
    )
    expect(error).toMatchObject({ code: 'FLOW_REMOTE', message: 'failure 2', actor: { name: 'once' } })
  })

  it('on an actor that leaves in order again and again, too, where it always starts it', async () => {
    listenToStderr()
    const error = await errorOf(
      supervised({ restart: 'always', maxRestarts: 1, spawn: 'thread' }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const [anna, bert] = [await nursery.startActor('anna', lives), await nursery.startActor('bert', lives)]
        await bert.run('seeOff', 'anna', 'cancel')
        await log.until('restarted', 1)
        await anna.run('self')
        await bert.run('seeOff', 'anna', 'cancel')
        await sleep(Infinity)
      }),
    )
    expect(error.message).toContain("actor 'anna': it ended again and again: more than 1 restarts within 60000 ms")
  })

  it('for itself: a nursery around it is failed by the task in which it was', async () => {
    listenToStderr()
    const file = notes('nested')
    const error = await errorOf(
      tree(() =>
        openNursery(async (outer) => {
          await outer.runInActor('outer', lives, 'wait', file)
          await waitUntil(async () => (await readNotes('nested')).length === 1, { describe: processes })
          void outer.startTask(() =>
            openNursery(
              async (inner) => {
                const anna = await inner.startActor('anna', lives)
                await endAgainAndAgain(anna)
              },
              { restart: 'on-failure', maxRestarts: 1, backoff },
            ),
          )
        }),
      ),
    )
    expect(error).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'anna' } })
    expect(await readNotes('nested')).toEqual(['outer begun', 'outer ended'])
  })
})

describe('A supervising nursery that is cancelled', () => {
  it('while it waits before a restart ends at once, and has not failed', async () => {
    let lines: string[] = []
    await supervised({ backoff: long }, async (nursery) => {
      const log = openNurseryLog(nursery)
      void log.ended.then(() => {
        lines = log.lines()
      })
      const [anna] = [await nursery.startActor('anna', lives), await nursery.startActor('bert', lives)]
      await killIt(anna)
      await log.until('exited', 1)
      nursery.cancel()
      expect(await errorOf(shield(() => anna.run('self')))).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
    })
    expect(lines).toEqual(['started anna', 'started bert', 'exited anna by SIGKILL', 'exited bert'])
    expect(await processes()).toEqual([])
  })

  it.for(['one-for-one', 'one-for-all'] as const)('in the middle of a restart leaves nobody (%s)', async (strategy) => {
    const file = notes(`mid-restart-${strategy}`)
    await supervised({ strategy }, async (nursery) => {
      const anna = await nursery.startActor('anna', loadsAsTold, { env: { LOADING: file } })
      await nursery.startActor('bert', lives)
      writeFileSync(`${file}.waits`, '')
      const before = (await processes()).map(({ pid }) => pid)
      await errorOf(anna.run('exit', 1))
      const newOnes = async () => (await processes()).filter(({ pid }) => !before.includes(pid))
      await waitUntil(async () => (await newOnes()).length === 1, { describe: newOnes })
      nursery.cancel()
    })
    expect(await processes()).toEqual([])
  })

  it('by a limit of time around it ends with that, wherever in a restart it is', async () => {
    const outcome = await tree(() =>
      moveOnAfter(1_500, () =>
        openNursery(
          async (nursery) => {
            const log = openNurseryLog(nursery)
            await killIt(await nursery.startActor('anna', lives))
            await log.until('exited', 1)
          },
          { restart: 'on-failure', backoff: long },
        ),
      ),
    )
    expect(outcome).toEqual({ cancelled: true })
    expect(await processes()).toEqual([])
  })

  it('by its owner only for the one that waits for its restart is left by those who wait for it, and ends', async () => {
    await supervised({ backoff: long }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      await killIt(anna)
      await log.until('exited', 1)
      const waiting = errorOf(anna.run('self'))
      await anna.cancelActor()
      expect(await waiting).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN', peer: anna.actor })
    })
  })
})

describe('The events of a nursery', () => {
  it('are over when its body and its last actor are: a task that reads them does not keep it open', async () => {
    const kinds: string[] = []
    await supervised({}, async (nursery) => {
      void nursery.startTask(async () => {
        for await (const event of nursery.events()) kinds.push(event.kind)
      })
      const anna = await nursery.startActor('anna', lives)
      await anna.cancelActor()
    })
    expect(kinds).toEqual(['started', 'exited'])
  })

  it('are over at once in a nursery that nothing is started in', async () => {
    let read: unknown[] | undefined
    await tree(() =>
      openNursery(async (nursery) => {
        void nursery.startTask(async () => {
          const events: unknown[] = []
          for await (const event of nursery.events()) events.push(event)
          read = events
        })
      }),
    )
    expect(read).toEqual([])
  })

  it('are of those actors only that were up', async () => {
    const file = notes('never-up')
    await supervised({}, async (nursery) => {
      const log = openNurseryLog(nursery)
      writeFileSync(`${file}.throws`, '')
      const starting = nursery.startActor('anna', loadsAsTold, { env: { LOADING: file } })
      expect(await errorOf(starting)).toMatchObject({ code: 'FLOW_SPAWN' })
      expect(log.lines()).toEqual([])
    })
  })
})
