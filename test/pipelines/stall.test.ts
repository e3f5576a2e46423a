import { describe, expect, it } from 'vitest'
import { describeStall } from '../../pipelines/stall.ts'
import type { ActorStatistics } from '../../pipelines/statistics.ts'
import { statisticsOf } from './cli/statistics-of.ts'

const time = { idle: 1, busy: 0, blocked: 0 }

function actor(name: string, more: Partial<ActorStatistics>): ActorStatistics {
  return { name, itemsIn: 0, itemsOut: 0, time, recent: time, lastProgressMs: 40_000, queuedCount: 0, ...more }
}

describe('The stall of a pipeline', () => {
  it('is as long as the stage that moved last has stood still, of those that run', () => {
    const stages = [
      { name: 'lines', state: 'done', lastProgressMs: 0 },
      { name: 'words', lastProgressMs: 41_000 },
      { name: 'report', lastProgressMs: 40_000 },
    ] as const
    expect(describeStall(statisticsOf(60_000, ...stages)).stalledMs).toBe(40_000)
  })

  it('is no longer than the pipeline is old', () => {
    expect(describeStall(statisticsOf(1_000)).stalledMs).toBe(1_000)
  })

  it('says of each actor whom it waits for, and what its source or sink says of that', () => {
    const words = [
      actor('words#1', { waiting: { on: 'output', stages: ['report'], sinceMs: 12_300 } }),
      actor('words#2', { silentMs: 4_000 }),
      actor('words#3', {}),
    ]
    const report = [actor('report#1', { waiting: { on: 'output', stages: [], sinceMs: 11_000, reason: 'stdout' } })]
    const lines = [actor('lines#1', { waiting: { on: 'input', stages: [], sinceMs: 1 } })]
    const stages = [{ perActor: lines }, { name: 'words', perActor: words }, { name: 'report', perActor: report }]
    expect(describeStall(statisticsOf(60_000, ...stages)).because).toBe(
      'lines#1 waits for its source; words#1 has been blocked for 12 s by report; words#2 has not answered for 4 s; ' +
        'report#1 has been blocked for 11 s by its sink: stdout',
    )
  })

  it('has nothing to say where nobody waits', () => {
    expect(describeStall(statisticsOf(60_000, { perActor: [actor('words#1', {})] })).because).toBe(
      'no actor waits for anything',
    )
  })
})
