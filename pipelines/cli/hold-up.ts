import { findBottleneck } from '../bottleneck.ts'
import { describeStall, describeStallBriefly } from '../describe-stall.ts'
import { findStall } from '../find-stall.ts'
import type { StageEdge } from '../stage-edges.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { describeBottleneck } from './describe-bottleneck.ts'
import type { ViewLine } from './live-view.ts'
import { printableLine } from './printable.ts'

/** What holds a running pipeline up at the moment, as one line; an empty one where nothing does. */
export function describeHoldUp(
  statistics: PipelineStatistics,
  edges: readonly StageEdge[],
  options: { readonly stallAfterMs: number },
): ViewLine {
  const stall = findStall(statistics, { afterMs: options.stallAfterMs })
  if (stall !== undefined) {
    const [text = '', ...shorter] = [describeStall(stall), ...describeStallBriefly(stall)].map(
      (words) => `stalled: ${printableLine(words)}`,
    )
    return { text, shorter, tone: 'bad' }
  }
  const bottleneck = findBottleneck(statistics, edges, 'recent')
  return { text: bottleneck === undefined ? '' : describeBottleneck(bottleneck), tone: 'plain' }
}
