import { describe, expect, it } from 'vitest'
import { graphNotes } from '../../../pipelines/cli/graph-notes.ts'
import { planObject } from '../../../pipelines/index.ts'
import type { ActorStatistics } from '../../../pipelines/statistics.ts'
import { statisticsOf } from './statistics-of.ts'

const plan = planObject({
  stages: { lines: { source: 'generate' }, words: { from: 'lines' }, report: { from: 'words', sink: 'drop' } },
})
const blocked = { idle: 0, busy: 0.1, blocked: 0.9 }
const busy = { idle: 0, busy: 1, blocked: 0 }
const idle = { idle: 1, busy: 0, blocked: 0 }

function stage(name: string, recent: typeof idle, lastProgressMs: number, more: Partial<ActorStatistics> = {}) {
  const counts = { itemsIn: 10, itemsOut: 10, queuedCount: 0, time: recent, recent }
  return { name, recent, perActor: [{ name: `${name}#1`, ...counts, measuredMs: 60_000, lastProgressMs, ...more }] }
}

function notesAfter(stillMs: number) {
  const statistics = statisticsOf(
    60_000,
    stage('lines', blocked, stillMs, { waiting: { on: 'output', stages: ['words'], sinceMs: stillMs } }),
    stage('words', busy, stillMs),
    stage('report', idle, stillMs, { waiting: { on: 'input', stages: ['words'], sinceMs: stillMs } }),
  )
  return Object.fromEntries(graphNotes(plan, statistics, new Map()))
}

describe('The notes of a graph', () => {
  it('name the bottleneck, and how the others spend their time', () => {
    expect(notesAfter(100)).toEqual({
      lines: { text: '0/s, busy 10 %, blocked 90 %', level: 'blocked' },
      words: { text: '0/s, busy 100 %, blocked 0 %, bottleneck', level: 'full' },
      report: { text: '0/s, busy 0 %, blocked 0 %', level: 'free' },
    })
  })

  it('name the stage for which all the others stand still', () => {
    const { lines, words, report } = notesAfter(12_000)
    expect(words).toEqual({ text: '0/s, busy 100 %, blocked 0 %, stalled for 12.0 s', level: 'full' })
    expect([lines?.level, report?.level]).toEqual(['blocked', 'free'])
  })
})
