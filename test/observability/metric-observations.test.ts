import { describe, expect, it } from 'vitest'
import type { EdgeTraffic, WorkReport } from '../../engine/index.ts'
import { LabelBounds } from '../../observability/label-bounds.ts'
import { observe } from '../../observability/metric-observations.ts'
import { metricTable } from '../../observability/metric-table.ts'
import { vitalsOf } from './attachment.ts'

const recent = { idle: 0.5, busy: 0.25, blocked: 0.25 }
const work: WorkReport = {
  kind: 'work',
  itemsIn: 100,
  itemsOut: 50,
  idleMs: 500,
  busyMs: 250,
  blockedMs: 250,
  recent,
  progressAgeMs: 3_000,
  handlerMs: { bounds: [0.03, 10], counts: [90, 8, 2], sum: 250 },
  batchSize: { bounds: [1, 64], counts: [0, 4, 0], sum: 100 },
}
const edge: EdgeTraffic = {
  direction: 'in',
  peer: 'lines',
  functionName: 'output',
  openCount: 1,
  itemCount: 100,
  byteCount: 2_000,
  batchCount: 4,
  queuedCount: 10,
  queuedBytes: 200,
  creditCount: 7,
  creditBytes: 70,
}

function observed(name: string, ...actors: ReturnType<typeof vitalsOf>[]) {
  const definition = metricTable.find((each) => each.name === name)
  if (definition === undefined) throw new Error(`there is no metric ${name}`)
  return observe(definition, actors, new LabelBounds(3))
}

describe('The observations of a metric', () => {
  it('have the stage, the number of the actor, and labels of their own', () => {
    expect(observed('actorflow.stage.items', vitalsOf('words#2', { reports: [work] }))).toEqual([
      {
        value: 100,
        labels: { 'actorflow.stage.name': 'words', 'actorflow.actor.index': 2, 'actorflow.direction': 'in' },
      },
      {
        value: 50,
        labels: { 'actorflow.stage.name': 'words', 'actorflow.actor.index': 2, 'actorflow.direction': 'out' },
      },
    ])
  })

  it.each([
    ['actorflow.stage.time', [0.5, 0.25, 0.25]],
    ['actorflow.stage.time.share', [0.5, 0.25, 0.25]],
    ['actorflow.stage.handler.duration', [100]],
    ['actorflow.stage.batch.items', [4]],
    ['actorflow.stage.progress.age', [3]],
    ['actorflow.stream.items', [100]],
    ['actorflow.stream.size', [2_000]],
    ['actorflow.stream.batches', [4]],
    ['actorflow.stream.batch.items', [25]],
    ['actorflow.stream.queue.items', [10]],
    ['actorflow.stream.queue.size', [200]],
    ['actorflow.stream.credit.items', []],
    ['actorflow.actor.errors', [0, 2, 1]],
    ['actorflow.actor.restarts', [4]],
    ['actorflow.actor.calls', [5]],
    ['v8js.memory.heap.used', [5_000_000]],
  ])('are what was counted, in the unit of %s', (name, values) => {
    const more = { restarts: { child: 4 }, errors: { TypeError: 2, FLOW_CONTEXT_LIMIT: 1 }, taskCount: 5 }
    const vitals = vitalsOf('words#1', { reports: [work], edges: [edge], ...more })
    expect(observed(name, vitals).map(({ value }) => value)).toEqual(values)
  })

  it('are of the sender where it is about credit', () => {
    const vitals = vitalsOf('words#1', { edges: [edge, { ...edge, direction: 'out', peer: 'report' }] })
    expect(observed('actorflow.stream.credit.items', vitals)).toMatchObject([
      {
        value: 7,
        labels: { 'actorflow.peer.stage': 'report', 'actorflow.direction': 'out', 'actorflow.function': 'output' },
      },
    ])
  })

  it('are one for several actors of one name', () => {
    const words = vitalsOf('words', { edges: [edge] })
    const all = observed('actorflow.stream.items', words, words)
    expect(all).toMatchObject([{ value: 200, labels: { 'actorflow.peer.stage': 'lines' } }])
  })

  it('are put together as it makes sense: the mean of shares, the greatest age', () => {
    const other = { ...work, progressAgeMs: 5_000, recent: { idle: 1, busy: 0, blocked: 0 } }
    const actors = [vitalsOf('words', { reports: [work] }), vitalsOf('words', { reports: [other] })]
    expect(observed('actorflow.stage.time.share', ...actors).map(({ value }) => value)).toEqual([0.75, 0.125, 0.125])
    expect(observed('actorflow.stage.progress.age', ...actors).map(({ value }) => value)).toEqual([5])
  })

  it('of a histogram are added up bucket by bucket, in the unit of the metric', () => {
    const actors = [vitalsOf('words', { reports: [work] }), vitalsOf('words', { reports: [work] })]
    expect(observed('actorflow.stage.handler.duration', ...actors)).toMatchObject([
      { value: 200, distribution: { bounds: [0.00003, 0.01], counts: [180, 16, 4], sum: 0.5 } },
    ])
    expect(observed('actorflow.stage.batch.items', ...actors)).toMatchObject([
      { value: 8, distribution: { bounds: [1, 64], counts: [0, 8, 0], sum: 200 } },
    ])
  })

  it('have no more values of a label than it may have: the rest are one, called other', () => {
    const actors = Array.from({ length: 50 }, (_, i) => vitalsOf(`guest-${i}`, { taskCount: 1 }))
    const all = observed('actorflow.actor.calls', ...actors)
    expect(all.map(({ value, labels }) => [labels['actorflow.stage.name'], value])).toEqual([
      ['guest-0', 1],
      ['guest-1', 1],
      ['guest-2', 1],
      ['other', 47],
    ])
  })
})
