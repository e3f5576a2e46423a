import type { PipelineStatistics, StageStatistics } from '../statistics.ts'

/** How long an old rate keeps its weight: a figure that jumps five times a second cannot be read. */
const smoothingMs = 1_500

/** Items a second of each stage, smoothed. */
export interface RateMeter {
  /** Takes the newest figures; returns the rates by stage. The first figures are measured from the run's beginning. */
  measure(statistics: PipelineStatistics): ReadonlyMap<string, number>
}

/** What a meter counts, and from when. */
export interface RateMeterOptions {
  /** By default the items that a stage took in. */
  count?(stage: StageStatistics): number
  /** Figures from which on is measured; by default the run's beginning. */
  readonly from?: PipelineStatistics
}

/** A meter that goes by the pipeline's own clock, `elapsedMs`. */
export function createRateMeter({ count = ({ itemsIn }) => itemsIn, from }: RateMeterOptions = {}): RateMeter {
  const rates = new Map<string, number>()
  const countsOf = (stages: readonly StageStatistics[]) => new Map(stages.map((stage) => [stage.name, count(stage)]))
  let counts: ReadonlyMap<string, number> = countsOf(from?.stages ?? [])
  let measuredMs = from?.elapsedMs ?? 0
  return {
    measure({ elapsedMs, stages }) {
      const passedMs = elapsedMs - measuredMs
      if (passedMs <= 0) return rates
      const weight = 1 - Math.exp(-passedMs / smoothingMs)
      const newest = countsOf(stages)
      for (const [name, itemCount] of newest) {
        const now = ((itemCount - (counts.get(name) ?? 0)) * 1000) / passedMs
        const before = rates.get(name)
        // The first measure has nothing to be smoothed with: it would begin far too low.
        rates.set(name, before === undefined ? now : before + weight * (now - before))
      }
      counts = newest
      measuredMs = elapsedMs
      return rates
    },
  }
}
