import { findBottleneck } from '../bottleneck.ts'
import type { StageEdge } from '../stage-edges.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { layOutColumns } from './columns.ts'
import { describeBottleneck } from './describe-bottleneck.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import { printableLine } from './printable.ts'

/** How a run ended, for the first line of its summary. */
export type Ending = 'done' | 'failed' | 'drained' | 'cancelled' | 'killed'

/** A run that is over sooner spent its time with its beginning and its end. */
const shortMs = 1_000
const unknown = '–'

/**
 * What a run did, as text of several lines: how it ended and after how long, a row for each stage, and what was the bottleneck.
 */
export function renderSummary(statistics: PipelineStatistics, ending: Ending, edges: readonly StageEdge[]): string {
  const { pipeline, elapsedMs, stages } = statistics
  const seconds = elapsedMs / 1000
  const rows = stages.map(({ name, actors, itemsIn, itemsOut, state, perActor }) => [
    printableLine(name),
    String(actors),
    // Of one that vanished before it was asked for the first time, nobody knows.
    ...(perActor.some(({ unheard }) => unheard === true)
      ? [unknown, unknown, unknown]
      : [formatCount(itemsIn), formatCount(itemsOut), seconds > 0 ? formatRate(itemsIn / seconds) : '']),
    // In a run that is done, every stage is.
    ending === 'done' ? '' : state,
  ])
  const [heading = '', ...lines] = layOutColumns(
    [['stage', 'actors', 'items in', 'items out', 'in/s', ''], ...rows],
    ['left', 'right', 'right', 'right', 'right', 'left'],
  )
  const words = ending === 'done' ? 'done in' : `${ending} after`
  const isTelling = ending !== 'failed' && flowedMs(statistics) >= shortMs
  const bottleneck = isTelling ? findBottleneck(statistics, edges, 'time') : undefined
  return [
    `${printableLine(pipeline)}: ${words} ${formatDuration(elapsedMs)}`,
    heading,
    ...lines,
    ...(bottleneck === undefined ? [] : [describeBottleneck(bottleneck, true)]),
    '',
  ].join('\n')
}

/** How long anything flowed: the start of the processes is no part of it, be that as long as it may. */
function flowedMs({ stages }: PipelineStatistics): number {
  return Math.max(0, ...stages.flatMap(({ perActor }) => perActor.map(({ measuredMs }) => measuredMs)))
}
