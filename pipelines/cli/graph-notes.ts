import { findBottleneck } from '../bottleneck.ts'
import type { Plan } from '../plan.ts'
import { edgesOf } from '../stage-edges.ts'
import type { PipelineStatistics, StageStatistics } from '../statistics.ts'
import { formatShare } from './describe-bottleneck.ts'
import { formatCount, formatRate } from './figures.ts'
import type { GraphLevel, GraphNote } from './graph/graph.ts'
import { knownShares } from './waiting.ts'

/** From which share of its time on a stage is held up now and then, and most of the time. */
const heldShare = 0.2
const blockedShare = 0.6

/** What a drawing of a running pipeline says of each stage: how fast it is, how it spends its time, and whether it is the bottleneck. */
export function graphNotes(
  plan: Plan,
  statistics: PipelineStatistics,
  rates: ReadonlyMap<string, number>,
): Map<string, GraphNote> {
  const bottleneck = findBottleneck(statistics, edgesOf(plan), 'recent')?.stage
  return new Map(
    statistics.stages.map((stage) => [
      stage.name,
      {
        text: describe(stage, rates.get(stage.name) ?? 0, stage.name === bottleneck),
        level: stage.name === bottleneck ? 'full' : levelOf(stage),
      },
    ]),
  )
}

function describe(stage: StageStatistics, rate: number, isBottleneck: boolean): string {
  if (stage.state !== 'running') return `${stage.state}, ${formatCount(stage.itemsIn)} items in`
  const shares = knownShares(stage)
  const does = shares && `busy ${formatShare(shares.busy)}, blocked ${formatShare(shares.blocked)}`
  return `${formatRate(rate)}, ${does ?? 'does not answer'}${isBottleneck ? ', bottleneck' : ''}`
}

function levelOf({ state, recent: { blocked } }: StageStatistics): GraphLevel {
  if (state !== 'running') return 'ended'
  if (blocked >= blockedShare) return 'blocked'
  return blocked >= heldShare ? 'held' : 'free'
}
