import type {
  ActorVitals,
  Distribution,
  EdgeTraffic,
  LoopReport,
  Member,
  TreeVitals,
  WorkReport,
} from '../engine/index.ts'
import { attributeNames } from './attributes.ts'

/** One value of a metric, with the labels that tell it from the others of the same actor. */
export interface Reading {
  /** Of a distribution, how many values it has. */
  readonly value: number
  readonly labels?: Labels
  /** Of a histogram. */
  readonly distribution?: Distribution
}

export type Labels = Readonly<Record<string, string | number>>

/** A metric: what it is called, and how it is read. */
export interface MetricDefinition {
  readonly name: string
  /** `counter` and `histogram` only grow while their actor lives, `sum` goes up and down and can be added up, `gauge` cannot. */
  readonly kind: 'counter' | 'histogram' | 'sum' | 'gauge'
  readonly unit: string
  readonly description: string
  /** Beside those of the actor. */
  readonly labels: readonly string[]
  /** How the values of several actors are put together that have the same labels. */
  readonly combine: 'sum' | 'max' | 'mean'
  read(vitals: ActorVitals): Iterable<Reading>
}

/** Stands for all values of a label that there is no room for. */
export const otherValue = 'other'

/** The labels of metrics; those that traces have, too, are called the same there. */
export const labelNames = {
  direction: 'actorflow.direction',
  peer: 'actorflow.peer.stage',
  functionName: 'actorflow.function',
  state: 'actorflow.state',
  child: 'actorflow.child',
  errorType: 'error.type',
} as const

const { direction, peer, functionName, state, child, errorType } = labelNames

/** All metrics, in the order of the documentation. Each is read from counts that are kept anyway, by batch at the most: none costs an item anything. */
export const metricTable: readonly MetricDefinition[] = [
  {
    name: 'actorflow.stage.items',
    kind: 'counter',
    unit: '{item}',
    description: 'Items that the stage has taken in, from other stages or its source, and handed on.',
    labels: [direction],
    combine: 'sum',
    read: ofWork(({ itemsIn, itemsOut }) => [
      { value: itemsIn, labels: { [direction]: 'in' } },
      { value: itemsOut, labels: { [direction]: 'out' } },
    ]),
  },
  {
    name: 'actorflow.stage.time',
    kind: 'counter',
    unit: 's',
    description: 'How the stage has spent its time: idle, busy, blocked.',
    labels: [state],
    combine: 'sum',
    read: ofWork(({ idleMs, busyMs, blockedMs }) =>
      byState({ idle: idleMs / 1_000, busy: busyMs / 1_000, blocked: blockedMs / 1_000 }),
    ),
  },
  {
    name: 'actorflow.stage.time.share',
    kind: 'gauge',
    unit: '1',
    description: 'The shares of its time that were idle, busy and blocked of late; their sum is 1.',
    labels: [state],
    combine: 'mean',
    read: ofWork(({ recent }) => byState(recent)),
  },
  {
    name: 'actorflow.stage.handler.duration',
    kind: 'histogram',
    unit: 's',
    description: 'For how long the stage has been busy with an item: in the mean of those that came with it.',
    labels: [],
    combine: 'sum',
    read: ofWork(({ handlerMs }) => [{ value: countOf(handlerMs), distribution: inSeconds(handlerMs) }]),
  },
  {
    name: 'actorflow.stage.batch.items',
    kind: 'histogram',
    unit: '{item}',
    description: 'Items that the stage has taken in at a time.',
    labels: [],
    combine: 'sum',
    read: ofWork(({ batchSize }) => [{ value: countOf(batchSize), distribution: batchSize }]),
  },
  {
    name: 'actorflow.stage.progress.age',
    kind: 'gauge',
    unit: 's',
    description: 'How long ago an item last went in or out.',
    labels: [],
    combine: 'max',
    read: ofWork(({ progressAgeMs }) => [{ value: progressAgeMs / 1_000 }]),
  },
  edgeMetric('actorflow.stream.items', 'counter', '{item}', 'Items of streams.', (edge) => edge.itemCount),
  edgeMetric(
    'actorflow.stream.size',
    'counter',
    'By',
    'What these items weigh on the wire, about.',
    (edge) => edge.byteCount,
  ),
  edgeMetric(
    'actorflow.stream.batches',
    'counter',
    '{batch}',
    'Batches that these items travelled in.',
    (edge) => edge.batchCount,
  ),
  edgeMetric(
    'actorflow.stream.batch.items',
    'gauge',
    '{item}',
    'Items in a batch, in the mean since the beginning.',
    (edge) => (edge.batchCount === 0 ? undefined : edge.itemCount / edge.batchCount),
  ),
  edgeMetric(
    'actorflow.stream.queue.items',
    'sum',
    '{item}',
    'Items that have arrived, and that nobody has taken yet.',
    (edge) => (edge.direction === 'in' ? edge.queuedCount : undefined),
  ),
  edgeMetric('actorflow.stream.queue.size', 'sum', 'By', 'What these items weigh.', (edge) =>
    edge.direction === 'in' ? edge.queuedBytes : undefined,
  ),
  edgeMetric(
    'actorflow.stream.credit.items',
    'sum',
    '{item}',
    'Items that the receiver still allows to be sent.',
    (edge) => (edge.direction === 'out' ? edge.creditCount : undefined),
  ),
  edgeMetric(
    'actorflow.stream.credit.size',
    'sum',
    'By',
    'What the receiver still allows these items to weigh.',
    (edge) => (edge.direction === 'out' ? edge.creditBytes : undefined),
  ),
  edgeMetric('actorflow.stream.open', 'sum', '{stream}', 'Streams that are open.', (edge) => edge.openCount),
  {
    name: 'actorflow.actor.calls',
    kind: 'sum',
    unit: '{call}',
    description: 'Calls that run in the actor for others.',
    labels: [],
    combine: 'sum',
    read: ({ taskCount }) => [{ value: taskCount }],
  },
  {
    name: 'actorflow.actor.errors',
    kind: 'counter',
    unit: '{error}',
    description: 'Calls that have failed in the actor, by the code of the error, or its name where it has none.',
    labels: [errorType],
    combine: 'sum',
    // There from the start, so that the first one is a change.
    read: ({ errors }) =>
      Object.entries({ [otherValue]: 0, ...errors }).map(([code, value]) => ({ value, labels: { [errorType]: code } })),
  },
  {
    name: 'actorflow.actor.restarts',
    kind: 'counter',
    unit: '{restart}',
    description: 'How often an actor has started a child of its own again.',
    labels: [child],
    combine: 'sum',
    read: ({ restarts }) => Object.entries(restarts).map(([stage, value]) => ({ value, labels: { [child]: stage } })),
  },
  loopMetric(
    'nodejs.eventloop.delay.mean',
    's',
    'How late the timers of its event loop are, in the mean.',
    (loop) => loop.meanMs / 1_000,
  ),
  loopMetric('nodejs.eventloop.delay.p50', 's', 'The same, of half of them at most.', (loop) => loop.p50Ms / 1_000),
  loopMetric('nodejs.eventloop.delay.p99', 's', 'The same, of 99 % of them at most.', (loop) => loop.p99Ms / 1_000),
  loopMetric('nodejs.eventloop.delay.max', 's', 'The same, of the latest.', (loop) => loop.maxMs / 1_000),
  loopMetric(
    'nodejs.eventloop.utilization',
    '1',
    'The share of its time in which its event loop had something to do.',
    (loop) => loop.utilization,
  ),
  {
    name: 'v8js.memory.heap.used',
    kind: 'sum',
    unit: 'By',
    description: 'The memory of its JavaScript values. An inline actor has that of its parent.',
    labels: [],
    combine: 'sum',
    read: ({ heapUsedBytes }) => [{ value: heapUsedBytes }],
  },
  {
    name: 'process.memory.usage',
    kind: 'sum',
    unit: 'By',
    description: 'The physical memory of its process. An actor in a thread, or inline, has that of its process.',
    labels: [],
    combine: 'sum',
    read: ({ residentBytes }) => [{ value: residentBytes }],
  },
]

/** The label that tells apart what works for several pipelines, if an actor works for any. */
export function pipelineLabels({ pipeline }: Pick<Member, 'pipeline'>): Labels {
  return pipeline === undefined ? {} : { [attributeNames.pipeline]: pipeline }
}

/** The metric that is not of one actor: how many of a pipeline answer, and how many do not. */
export const actorsMetric: Omit<MetricDefinition, 'read' | 'combine' | 'kind'> & {
  readonly kind: 'sum'
  read(tree: TreeVitals): { value: number; labels: Labels }[]
} = {
  name: 'actorflow.actors',
  kind: 'sum',
  unit: '{actor}',
  description: 'Actors that have told their figures (answering), and that have not within a second (silent).',
  labels: [state],
  read({ actors, silent }: TreeVitals) {
    const states = { answering: actors, silent } as Record<string, readonly Pick<Member, 'pipeline'>[]>
    const pipelines = new Set(Object.values(states).flatMap((members) => members.map(({ pipeline }) => pipeline)))
    return [...pipelines].flatMap((pipeline) =>
      Object.entries(states).map(([name, members]) => ({
        value: members.filter((member) => member.pipeline === pipeline).length,
        labels: { ...pipelineLabels({ pipeline }), [state]: name },
      })),
    )
  },
}

function ofWork(read: (work: WorkReport) => Reading[]): (vitals: ActorVitals) => Reading[] {
  return ({ reports }) => reports.flatMap((report) => (report.kind === 'work' ? read(report) : []))
}

function countOf({ counts }: Distribution): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function inSeconds({ bounds, counts, sum }: Distribution): Distribution {
  // As they are meant: a quotient may have a digit of its own in the end, and it is what a bucket is called.
  return { bounds: bounds.map((ms) => Number((ms / 1_000).toPrecision(6))), counts, sum: sum / 1_000 }
}

function byState(values: { readonly idle: number; readonly busy: number; readonly blocked: number }): Reading[] {
  return Object.entries(values).map(([name, value]) => ({ value, labels: { [state]: name } }))
}

function edgeMetric(
  name: string,
  kind: MetricDefinition['kind'],
  unit: string,
  description: string,
  valueOf: (edge: EdgeTraffic) => number | undefined,
): MetricDefinition {
  return {
    name,
    kind,
    unit,
    description,
    labels: [direction, peer, functionName],
    combine: kind === 'gauge' ? 'mean' : 'sum',
    *read({ edges }) {
      for (const edge of edges) {
        const value = valueOf(edge)
        if (value === undefined) continue
        const labels = {
          [direction]: edge.direction,
          [peer]: edge.peer,
          [functionName]: edge.functionName,
        }
        yield { value, labels }
      }
    },
  }
}

function loopMetric(
  name: string,
  unit: string,
  description: string,
  valueOf: (loop: LoopReport) => number,
): MetricDefinition {
  return {
    name,
    kind: 'gauge',
    unit,
    description,
    labels: [],
    combine: 'max',
    read: ({ reports }) => reports.flatMap((report) => (report.kind === 'loop' ? [{ value: valueOf(report) }] : [])),
  }
}
