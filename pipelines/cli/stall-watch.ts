import { describeStall } from '../describe-stall.ts'
import { findStall } from '../find-stall.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { formatDuration } from './figures.ts'
import { printableLine } from './printable.ts'

/** After how long without progress a pipeline that has items in hand counts as stalled, unless something else is said. */
export const defaultStallAfterMs = 10_000

/** Notices when a pipeline stands still, and when it goes on. */
export interface StallWatch {
  /** Looks at the newest figures. A line when a stall has begun, and one when it is over; else undefined. */
  look(statistics: PipelineStatistics): string | undefined
}

/** A watch that goes by the pipeline's own clock, `elapsedMs`. */
export function createStallWatch(afterMs: number): StallWatch {
  let since: number | undefined
  return {
    look(statistics) {
      const stall = findStall(statistics, { afterMs })
      const { elapsedMs } = statistics
      if (stall !== undefined && since === undefined) {
        since = elapsedMs - stall.forMs
        return printableLine(`stalled: ${describeStall(stall)}`)
      }
      if (stall === undefined && since !== undefined) {
        const line = `goes on after ${formatDuration(elapsedMs - since)}`
        since = undefined
        return line
      }
      return undefined
    },
  }
}
