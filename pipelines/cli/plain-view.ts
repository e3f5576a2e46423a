import { findBottleneck } from '../bottleneck.ts'
import type { StageEdge } from '../stage-edges.ts'
import type { PipelineStatistics, StageStatistics } from '../statistics.ts'
import { describeBottleneck } from './describe-bottleneck.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import { printableLine } from './printable.ts'
import { describeWaiting } from './waiting.ts'

/**
 * A running pipeline as one line for a log: `count 5.0 s: lines 1,000 (200/s), words 400 (80/s, waits for lines); bottleneck: …`.
 */
export function renderPlainLine(
  statistics: PipelineStatistics,
  rates: ReadonlyMap<string, number>,
  edges: readonly StageEdge[],
): string {
  const { pipeline, elapsedMs, stages } = statistics
  const parts = stages.map((stage) => describeStage(stage, rates.get(stage.name) ?? 0))
  const bottleneck = findBottleneck(statistics, edges, 'recent')
  const slow = bottleneck === undefined ? '' : `; ${describeBottleneck(bottleneck)}`
  return `${printableLine(pipeline)} ${formatDuration(elapsedMs)}: ${parts.join(', ')}${slow}`
}

function describeStage(stage: StageStatistics, rate: number): string {
  const notes = stage.state === 'running' ? [formatRate(rate), describeWaiting(stage)] : [stage.state]
  return `${printableLine(stage.name)} ${formatCount(stage.itemsIn)} (${notes.filter(Boolean).join(', ')})`
}
