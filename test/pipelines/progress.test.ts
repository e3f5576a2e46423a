import { describe, expect, it } from 'vitest'
import { progressOf } from '../../pipelines/progress.ts'
import type { ActorStatistics } from '../../pipelines/statistics.ts'
import { statisticsOf } from './cli/statistics-of.ts'

const time = { idle: 1, busy: 0, blocked: 0 }

function actor(name: string, more: Partial<ActorStatistics>): ActorStatistics {
  const counts = { itemsIn: 0, itemsOut: 0, queuedCount: 0 }
  return { name, ...counts, measuredMs: 60_000, time, recent: time, lastProgressMs: 40_000, ...more }
}

describe('The progress of a pipeline', () => {
  it('has stood still for as long as the stage that moved last, of those that run', () => {
    const stages = [
      { name: 'lines', state: 'done', lastProgressMs: 0 },
      { name: 'words', lastProgressMs: 41_000 },
      { name: 'report', lastProgressMs: 40_000 },
    ] as const
    expect(progressOf(statisticsOf(60_000, ...stages)).stalledMs).toBe(40_000)
  })

  it('is no longer than the pipeline is old', () => {
    expect(progressOf(statisticsOf(1_000)).stalledMs).toBe(1_000)
  })

  it('says who waits for whom, up to the cause, where items are in hand', () => {
    const words = [actor('words#1', { waiting: { on: 'output', stages: ['report'], sinceMs: 12_300 } })]
    const report = [actor('report#1', { waiting: { on: 'output', stages: [], sinceMs: 11_000, reason: 'stdout' } })]
    const lines = [actor('lines#1', { waiting: { on: 'input', stages: [], sinceMs: 1 } })]
    const stages = [{ perActor: lines }, { name: 'words', perActor: words }, { name: 'report', perActor: report }]
    expect(progressOf(statisticsOf(60_000, ...stages)).because).toBe(
      'words#1 blocked 12 s on report: sink stdout not draining',
    )
  })

  it('says of each actor what it waits for where none is', () => {
    const lines = [actor('lines#1', { waiting: { on: 'input', stages: [], sinceMs: 1, reason: 'stdin' } })]
    const words = [actor('words#1', { waiting: { on: 'input', stages: ['lines'], sinceMs: 1 } })]
    expect(progressOf(statisticsOf(60_000, { perActor: lines }, { name: 'words', perActor: words })).because).toBe(
      'lines#1 waits for its source: stdin; words#1 waits for lines',
    )
  })

  it('names an actor that is at work without end', () => {
    expect(progressOf(statisticsOf(60_000, { perActor: [actor('words#1', {})] })).because).toBe(
      'words#1 busy for 40 s, no item in or out',
    )
  })

  it('has nothing to say where no stage runs', () => {
    expect(progressOf(statisticsOf(60_000)).because).toBe('no actor waits for anything')
  })
})
