import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { NurseryOptions } from '../../engine/index.ts'
import { moveOnAfter, type Nursery, openNursery, type Portal } from '../../index.ts'
import lives from '../fixtures/actors/lives.ts'
import loadsAsTold from '../fixtures/actors/loads-as-told.ts'
import { openNurseryLog } from '../support/nursery-log.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

type Lives = typeof lives.functions

const backoff = { initialMs: 1 }
// A wait that no test sees the end of.
const long = { initialMs: 3_600_000, maxMs: 3_600_000 }

const { tree, notes, processes } = openTreeBed()

const supervised = <T>(options: NurseryOptions, body: (nursery: Nursery) => Promise<T>): Promise<T> =>
  tree(() => openNursery(body, { backoff, restart: 'on-failure', ...options }))

const killIt = async (portal: Portal<Lives>) => process.kill((await portal.run('self')).pid, 'SIGKILL')

describe('An actor that is started again', () => {
  it('is given its state and its options each time', async () => {
    const options = { state: { flavour: 'plum' }, env: { FLAVOUR: 'pear' } }
    await supervised({}, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives, options)
      const given = { flavour: 'plum', variable: 'pear' }
      expect(await anna.run('self')).toMatchObject(given)
      await killIt(anna)
      await log.until('restarted', 1)
      expect(await anna.run('self')).toMatchObject(given)
      nursery.cancel()
    })
  })

  it('is told of in order, with the ids of the one that was and the one that is', async () => {
    await supervised({ spawn: 'thread' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      const ids = [anna.actor.id]
      for (const count of [1, 2]) {
        await errorOf(anna.run('exit', 3))
        await log.until('restarted', count)
        ids.push(anna.actor.id)
      }
      const [first, second, third] = ids.map((id) => ({ name: 'anna', id }))
      expect(log.events).toMatchObject([
        { kind: 'started', actor: first },
        { kind: 'exited', actor: first, error: { code: 'FLOW_ACTOR_EXIT', actor: first, exitCode: 3 } },
        { kind: 'restarted', actor: second, previous: first, restartCount: 1 },
        { kind: 'exited', actor: second, error: { code: 'FLOW_ACTOR_EXIT', actor: second } },
        { kind: 'restarted', actor: third, previous: second, restartCount: 2 },
      ])
      const times = log.events.map(({ atMs }) => atMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      nursery.cancel()
    })
  })

  it.for(['process', 'thread'] as const)(
    'fails the calls it had (%s); its streams end so after the items that had arrived',
    async (spawn) => {
      await supervised({ spawn }, async (nursery) => {
        const log = openNurseryLog(nursery)
        const anna = await nursery.startActor('anna', lives)
        const was = anna.actor
        const stream = anna.stream('countAndWait', 100)
        const items = [(await stream.next()).value]
        const lost = { code: 'FLOW_ACTOR_EXIT', actor: was }
        const echo = await anna.openContext('echo')
        await echo.stream.send(7)
        expect(await echo.stream.next()).toMatchObject({ value: 7 })
        const waiting = errorOf(anna.run('wait', notes(`in-flight-${spawn}`)))
        await errorOf(anna.run('exit', 3))
        expect(await waiting).toMatchObject(lost)
        expect(await errorOf(echo.stream.next())).toMatchObject(lost)
        expect(await errorOf(echo.result())).toMatchObject(lost)
        const rest = async () => {
          for await (const n of stream) items.push(n)
        }
        expect(await errorOf(rest())).toMatchObject(lost)
        expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n))
        await log.until('restarted', 1)
        expect((await anna.run('self')).id).not.toBe(was.id)
        nursery.cancel()
      })
    },
  )

  it('has calls, streams and contexts that are made meanwhile wait for it', async () => {
    await supervised({ backoff: { initialMs: 200 } }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      const was = anna.actor
      await killIt(anna)
      await log.until('exited', 1)
      expect(anna.actor).toEqual(was)
      const calls = [anna.run('self'), anna.with({ timeoutMs: 30_000 }).run('self')]
      const stream = anna.stream('countAndWait', 3)
      const first = stream.next()
      const opening = anna.openContext('echo')
      expect(log.lines().at(-1)).toBe('exited anna by SIGKILL')
      const ids = (await Promise.all(calls)).map(({ id }) => id)
      expect(ids).toEqual([anna.actor.id, anna.actor.id])
      expect((await first).value).toBe(0)
      const echo = await opening
      await echo.stream.send(7)
      expect(await echo.stream.next()).toMatchObject({ value: 7 })
      nursery.cancel()
    })
  })

  it('has a call that is made meanwhile wait no longer than that may take', async () => {
    await supervised({ backoff: long }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      await killIt(anna)
      await log.until('exited', 1)
      const hurried = anna.with({ timeoutMs: 20 })
      expect(await errorOf(hurried.run('self'))).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED' })
      expect(await errorOf(hurried.stream('countAndWait', 1).next())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED' })
      expect(await moveOnAfter(20, () => anna.run('self'))).toEqual({ cancelled: true })
      nursery.cancel()
    })
  })

  it('and does not load counts as having failed once more, and is tried again', async () => {
    const file = notes('loading-fails')
    await supervised({ backoff: { initialMs: 30 }, maxRestarts: 1_000 }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', loadsAsTold, { env: { LOADING: file } })
      const was = anna.actor.id
      const starts = async () => (await processes()).length
      writeFileSync(`${file}.throws`, '')
      await errorOf(anna.run('exit', 1))
      await waitUntil(async () => (await starts()) === 1, { describe: starts })
      await waitUntil(async () => (await starts()) === 0, { describe: starts })
      rmSync(`${file}.throws`)
      expect(await anna.run('id')).not.toBe(was)
      expect(log.lines()).toEqual(['started anna', 'exited anna by exit code 1', 'restarted anna 1'])
      nursery.cancel()
    })
  })

  it('takes its whole group along once more if it ends before the others are up again', async () => {
    const file = notes('once-more')
    await supervised({ strategy: 'one-for-all' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      const bert = await nursery.startActor('bert', loadsAsTold, { env: { LOADING: file } })
      writeFileSync(`${file}.waits`, '')
      await errorOf(anna.run('exit', 1))
      await log.until('restarted', 1)
      await errorOf(anna.run('exit', 2))
      await log.until('exited', 3)
      rmSync(`${file}.waits`)
      await log.until('restarted', 4)
      expect(log.lines().slice(2)).toEqual([
        'exited anna by exit code 1',
        'exited bert',
        'restarted anna 1',
        'exited anna by exit code 2',
        'restarted bert 1',
        'exited bert',
        'restarted anna 2',
        'restarted bert 2',
      ])
      expect(await Promise.all([anna.run('self'), bert.run('id')])).toEqual([
        expect.objectContaining({ id: anna.actor.id }),
        bert.actor.id,
      ])
      nursery.cancel()
    })
  })

  it('leaves alone one that is on its way up for the first time', async () => {
    const file = notes('on-its-way')
    await supervised({ strategy: 'one-for-all' }, async (nursery) => {
      const log = openNurseryLog(nursery)
      const anna = await nursery.startActor('anna', lives)
      writeFileSync(`${file}.waits`, '')
      const starting = nursery.startActor('bert', loadsAsTold, { env: { LOADING: file } })
      const count = async () => (await processes()).length
      await waitUntil(async () => (await count()) === 2, { describe: count })
      await errorOf(anna.run('exit', 1))
      await log.until('restarted', 1)
      rmSync(`${file}.waits`)
      const bert = await starting
      expect(await bert.run('id')).toBe(bert.actor.id)
      expect(log.lines().slice(1)).toEqual(['exited anna by exit code 1', 'restarted anna 1', 'started bert'])
      expect(await count()).toBe(2)
      nursery.cancel()
    })
  })

  it('leaves no socket behind, however it ended', async () => {
    const runDirectory = await mkdtemp(notes('run-directory-'))
    const body = async (nursery: Nursery) => {
      const log = openNurseryLog(nursery)
      const [anna, bert] = await Promise.all([
        nursery.startActor('anna', lives),
        nursery.startActor('bert', lives, { spawn: 'thread' }),
      ])
      await Promise.all([errorOf(anna.run('exit', 0)), errorOf(bert.run('exit', 3))])
      await log.until('restarted', 2)
      await killIt(anna)
      await log.until('restarted', 3)
      const expected = ['root.sock', `${anna.actor.id}.sock`, `${bert.actor.id}.sock`].toSorted()
      const sockets = async () => (await readdir(runDirectory)).toSorted()
      await waitUntil(async () => (await sockets()).join() === expected.join(), { describe: sockets })
      nursery.cancel()
    }
    await tree(() => openNursery(body, { restart: 'on-failure', backoff }), { runDirectory })
    expect(await readdir(runDirectory)).toEqual([])
    await rm(runDirectory, { recursive: true })
  })
})
