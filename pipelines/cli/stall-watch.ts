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
  let known: { readonly sinceMs: number; readonly saidMs: number; readonly actors: ReadonlySet<string> } | undefined
  return {
    look(statistics) {
      const stall = findStall(statistics, { afterMs })
      const { elapsedMs } = statistics
      if (stall !== undefined && known === undefined) {
        const actors = new Set([stall.cause.actor, ...stall.links.map(({ actor }) => actor)])
        known = { sinceMs: elapsedMs - stall.forMs, saidMs: elapsedMs, actors }
        return printableLine(`stalled: ${describeStall(stall)}`)
      }
      // One that was cancelled stands still no longer, either.
      if (stall === undefined && known !== undefined && haveGoneOn(known.actors, known.saidMs, statistics)) {
        const line = `goes on after ${formatDuration(elapsedMs - known.sinceMs)}`
        known = undefined
        return line
      }
      return undefined
    },
  }
}

/** Whether one of the actors has taken or given an item since that time, or its stage has come to its end. */
function haveGoneOn(actors: ReadonlySet<string>, sinceMs: number, { elapsedMs, stages }: PipelineStatistics): boolean {
  return stages.some(({ state, perActor }) =>
    perActor.some(
      ({ name, lastProgressMs }) => actors.has(name) && (state === 'done' || elapsedMs - lastProgressMs > sinceMs),
    ),
  )
}
