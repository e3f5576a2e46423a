import { findBottleneck } from '../bottleneck.ts'
import { findStalls } from '../find-stall.ts'
import type { Plan } from '../plan.ts'
import { edgesOf } from '../stage-edges.ts'
import type { PipelineStatistics, StageStatistics } from '../statistics.ts'
import { formatShare } from './describe-bottleneck.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import type { GraphLevel, GraphNote } from './graph/graph.ts'
import { defaultStallAfterMs } from './stall-watch.ts'
import { knownShares } from './waiting.ts'

/** From which share of its time on a stage is held up now and then, and most of the time. */
const heldShare = 0.2
const blockedShare = 0.6

/** What a drawing of a running pipeline says of each stage: how fast it is, how it spends its time, and whether it holds the others up. */
export function graphNotes(
  plan: Plan,
  statistics: PipelineStatistics,
  rates: ReadonlyMap<string, number>,
): Map<string, GraphNote> {
  const bottleneck = findBottleneck(statistics, edgesOf(plan), 'recent')?.stage
  const stalls = findStalls(statistics, { afterMs: defaultStallAfterMs })
  return new Map(
    statistics.stages.map((stage) => {
      const stall = stalls.find(({ cause }) => stage.perActor.some(({ name }) => name === cause.actor))
      const holds = stall ? `stalled for ${formatDuration(stall.cause.sinceMs)}` : 'bottleneck'
      const isHolding = stall !== undefined || stage.name === bottleneck
      const text = describe(stage, rates.get(stage.name) ?? 0)
      return [stage.name, isHolding ? { text: `${text}, ${holds}`, level: 'full' } : { text, level: levelOf(stage) }]
    }),
  )
}

function describe(stage: StageStatistics, rate: number): string {
  if (stage.state !== 'running') return `${stage.state}, ${formatCount(stage.itemsIn)} items in`
  const shares = knownShares(stage)
  const does = shares && `busy ${formatShare(shares.busy)}, blocked ${formatShare(shares.blocked)}`
  return `${formatRate(rate)}, ${does ?? 'does not answer'}`
}

function levelOf({ state, recent: { blocked } }: StageStatistics): GraphLevel {
  if (state !== 'running') return 'ended'
  if (blocked >= blockedShare) return 'blocked'
  return blocked >= heldShare ? 'held' : 'free'
}
