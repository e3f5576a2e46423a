import { describe, expect, it } from 'vitest'
import { type NurseryEvent, NurseryEvents } from '../../engine/nursery-events.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'

const event = (atMs: number): NurseryEvent => ({ kind: 'started', actor: { name: 'a', id: `${atMs}` }, atMs })

async function timesOf(events: AsyncIterable<NurseryEvent>): Promise<number[]> {
  const times: number[] = []
  for await (const { atMs } of events) times.push(atMs)
  return times
}

describe('The events of a nursery', () => {
  it('come to each reader in order, from when it began until they end', async () => {
    const events = new NurseryEvents()
    const early = events.open()
    events.emit(event(1))
    const late = events.open()
    events.emit(event(2))
    events.emit(event(3))
    events.end()
    expect(await Promise.all([timesOf(early), timesOf(late)])).toEqual([
      [1, 2, 3],
      [2, 3],
    ])
  })

  it('are waited for', async () => {
    const events = new NurseryEvents()
    const reader = events.open()
    const next = reader.next()
    events.emit(event(1))
    expect(await next).toEqual({ value: event(1), done: false })
    const end = reader.next()
    events.end()
    expect(await end).toEqual({ value: undefined, done: true })
  })

  it('go each to one of several who wait with the same reader, in the order in which they asked', async () => {
    const events = new NurseryEvents()
    const reader = events.open()
    const asked = [reader.next(), reader.next(), reader.next()]
    events.emit(event(1))
    expect(await asked[0]).toMatchObject({ value: event(1) })
    events.emit(event(2))
    events.end()
    expect(await Promise.all(asked)).toMatchObject([{ value: event(1) }, { value: event(2) }, { done: true }])
  })

  it('are over at once for a reader that begins after their end', async () => {
    const events = new NurseryEvents()
    events.end()
    expect(await timesOf(events.open())).toEqual([])
  })

  it('drop the oldest for a reader that is more than 1024 behind, which is told once how many', async () => {
    const events = new NurseryEvents()
    const reader = events.open()
    for (let atMs = 1; atMs <= 1_030; atMs += 1) events.emit(event(atMs))
    events.end()
    expect(await errorOf(reader.next())).toMatchObject({ code: 'FLOW_STREAM_LAGGED', missedCount: 6 })
    expect(await timesOf(reader)).toEqual(Array.from({ length: 1_024 }, (_, n) => n + 7))
  })

  it('of a lagging reader are not missed by another', async () => {
    const events = new NurseryEvents()
    const lagging = events.open()
    const reader = events.open()
    const times: number[] = []
    for (let atMs = 1; atMs <= 2_000; atMs += 1) {
      events.emit(event(atMs))
      times.push((await reader.next()).value?.atMs ?? Number.NaN)
    }
    expect(times).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1))
    expect(await errorOf(lagging.next())).toMatchObject({ missedCount: 976 })
  })

  it('end for a reader that leaves', async () => {
    const events = new NurseryEvents()
    const reader = events.open()
    events.emit(event(1))
    events.emit(event(2))
    for await (const _ of reader) break
    events.emit(event(3))
    expect(await reader.next()).toEqual({ value: undefined, done: true })
  })

  it('are no longer waited for in a scope that is cancelled', async () => {
    const events = new NurseryEvents()
    const scope = new Scope(undefined)
    const waiting = runInScope(scope, () => errorOf(events.open().next()))
    const reason = new Error('enough')
    scope.cancel(reason)
    expect(await waiting).toBe(reason)
  })
})
