import type { PipelineStatistics } from '../statistics.ts'

/** How long an old rate keeps its weight: a figure that jumps five times a second cannot be read. */
const smoothingMs = 1_500

/** Items taken in a second by each stage, smoothed. */
export interface RateMeter {
  /** Takes the newest figures; returns the rates by stage. The first figures are measured from the run's beginning. */
  measure(statistics: PipelineStatistics): ReadonlyMap<string, number>
}

/** A meter that goes by the pipeline's own clock, `elapsedMs`. */
export function createRateMeter(): RateMeter {
  const rates = new Map<string, number>()
  let counts: ReadonlyMap<string, number> = new Map()
  let measuredMs = 0
  return {
    measure({ elapsedMs, stages }) {
      const passedMs = elapsedMs - measuredMs
      if (passedMs <= 0) return rates
      const weight = 1 - Math.exp(-passedMs / smoothingMs)
      for (const { name, itemsIn } of stages) {
        const now = ((itemsIn - (counts.get(name) ?? 0)) * 1000) / passedMs
        const before = rates.get(name)
        // The first measure has nothing to be smoothed with: it would begin far too low.
        rates.set(name, before === undefined ? now : before + weight * (now - before))
      }
      counts = new Map(stages.map(({ name, itemsIn }) => [name, itemsIn]))
      measuredMs = elapsedMs
      return rates
    },
  }
}
