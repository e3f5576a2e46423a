import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeStall, describeStallBriefly } from '../../pipelines/describe-stall.ts'
import { findStall } from '../../pipelines/find-stall.ts'
import type { ActorStatistics, StageStatistics } from '../../pipelines/statistics.ts'
import { statisticsOf } from './cli/statistics-of.ts'

const afterMs = 10_000
const idle = { idle: 1, busy: 0, blocked: 0 }

/** A stage of which each actor has made no progress for so long. */
function stage(name: string, lastProgressMs: number, ...actors: Partial<ActorStatistics>[]): Partial<StageStatistics> {
  const perActor = actors.map((actor, index) => ({
    name: `${name}#${index + 1}`,
    itemsIn: 0,
    itemsOut: 0,
    time: idle,
    recent: idle,
    measuredMs: 60_000,
    lastProgressMs,
    queuedCount: 0,
    ...actor,
  }))
  return { name, lastProgressMs, perActor }
}

function blockedOn(...stages: string[]): Partial<ActorStatistics> {
  return { waiting: { on: 'output', stages, sinceMs: 12_000 } }
}

function waitingFor(...stages: string[]): Partial<ActorStatistics> {
  return { waiting: { on: 'input', stages, sinceMs: 12_000 } }
}

const fullSink: Partial<ActorStatistics> = { waiting: { on: 'output', stages: [], sinceMs: 12_000, reason: 'stdout' } }

function describeStallOf(...stages: Partial<StageStatistics>[]): string | undefined {
  const stall = findStall(statisticsOf(60_000, ...stages), { afterMs })
  return stall && describeStall(stall)
}

describe('A stall', () => {
  it('is told with the chain of those who wait, down to a sink that takes nothing', () => {
    expect(describeStallOf(stage('words', 12_000, blockedOn('report')), stage('report', 12_000, fullSink))).toBe(
      'words#1 blocked 12 s on report: sink stdout not draining',
    )
    expect(
      describeStallOf(
        stage('lines', 12_900, blockedOn('words')),
        stage('words', 12_000, blockedOn('report'), blockedOn('report')),
        stage('report', 12_000, fullSink),
      ),
    ).toBe('lines#1 blocked 12 s on words, words#1 blocked 12 s on report: sink stdout not draining')
    expect(describeStallOf(stage('all', 12_000, fullSink))).toBe('all#1 blocked 12 s: sink stdout not draining')
  })

  it('is told in fewer words with its cause in all of them', () => {
    const stall = findStall(
      statisticsOf(
        60_000,
        stage('lines', 12_400, blockedOn('words')),
        stage('words', 12_000, blockedOn('report')),
        stage('report', 12_000, fullSink),
      ),
      { afterMs },
    )
    expect(stall && describeStallBriefly(stall)).toEqual([
      'lines#1 blocked 12 s on … report: sink stdout not draining',
      '… report: sink stdout not draining',
      'report#1 blocked 12 s: sink stdout not draining',
    ])
    const alone = findStall(statisticsOf(60_000, stage('all', 12_000, {})), { afterMs })
    expect(alone && describeStallBriefly(alone)).toEqual([])
  })

  it('can be a step that does not come to its end', () => {
    expect(
      describeStallOf(
        stage('lines', 12_000, blockedOn('words')),
        stage('words', 12_000, {}),
        stage('out', 12_000, waitingFor('words')),
      ),
    ).toBe('lines#1 blocked 12 s on words: words#1 busy for 12 s, no item in or out')
  })

  it('can be a process that does not answer, whatever it said last', () => {
    expect(
      describeStallOf(
        stage('lines', 12_000, blockedOn('words')),
        stage('words', 30_000, { silentMs: 15_000, ...blockedOn('nobody') }),
      ),
    ).toBe(
      'lines#1 blocked 12 s on words: words#1 does not answer for 15 s: its event loop is held up, or its process is stopped',
    )
  })

  it('can be a source that another input waits for', () => {
    expect(
      describeStallOf(
        stage('left', 12_000, blockedOn('join')),
        stage('right', 12_000, { waiting: { on: 'input', stages: [], sinceMs: 12_000, reason: 'stdin' } }),
        stage('join', 12_000, waitingFor('right')),
      ),
    ).toBe('left#1 blocked 12 s on join, join#1 waits 12 s for right: source stdin of right#1 gives nothing')
  })

  it('can be a ring: a stage waits for what would come by way of itself', () => {
    const text = describeStallOf(
      stage('both', 12_000, blockedOn('left')),
      stage('left', 12_000, blockedOn('join')),
      stage('right', 12_000, waitingFor('both')),
      stage('join', 12_000, waitingFor('right')),
    )
    expect(text).toMatch(/^both#1 blocked 12 s on left, left#1 .* on join, join#1 waits 12 s for right, right#1 waits/)
    expect(text).toMatch(/: both#1 is among those it waits for itself$/)
  })

  it('is none while items go on, where no item is held up, and at the end', () => {
    // Not long enough.
    expect(describeStallOf(stage('lines', 9_000, blockedOn('out')), stage('out', 9_000, fullSink))).toBeUndefined()
    // The one that is waited for goes on.
    expect(describeStallOf(stage('lines', 12_000, blockedOn('out')), stage('out', 100, fullSink))).toBeUndefined()
    // A source that has nothing: everybody waits for items, and nobody has any.
    expect(
      describeStallOf(stage('lines', 12_000, waitingFor()), stage('out', 12_000, waitingFor('lines'))),
    ).toBeUndefined()
    // One of two actors is done.
    expect(describeStallOf(stage('lines', 12_000, { done: true }, waitingFor()))).toBeUndefined()
    expect(describeStallOf({ ...stage('lines', 12_000, {}), state: 'done' })).toBeUndefined()
  })

  it('leads from the first stage of a chain to the one that is stuck, wherever that is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(), (count, where) => {
        const stuck = where % count
        const stages = Array.from({ length: count }, (_, index) => {
          if (index === stuck) return stage(`s${index}`, 12_000, {})
          return stage(`s${index}`, 12_000, index < stuck ? blockedOn(`s${index + 1}`) : waitingFor(`s${index - 1}`))
        })
        const stall = findStall(statisticsOf(60_000, ...stages), { afterMs })
        expect(stall?.cause).toMatchObject({ kind: 'busy', actor: `s${stuck}#1` })
        expect(stall?.links.map(({ stage }) => stage)).toEqual(
          Array.from({ length: stuck }, (_, index) => `s${index + 1}`),
        )
      }),
    )
  })
})
