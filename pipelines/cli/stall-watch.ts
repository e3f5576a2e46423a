import { describeStall } from '../describe-stall.ts'
import { culpritOf, findStalls } from '../find-stall.ts'
import type { PipelineStatistics } from '../statistics.ts'
import { formatDuration } from './figures.ts'
import { printableLine } from './printable.ts'

/** After how long without progress a pipeline that has items in hand counts as stalled, unless something else is said. */
export const defaultStallAfterMs = 10_000

/** Notices when a pipeline stands still, and when it goes on. */
export interface StallWatch {
  /** Looks at the newest figures. A line for each stall that has begun, and for each that is over. */
  look(statistics: PipelineStatistics): string[]
}

/** A stall that was told of. All times by the pipeline's own clock. */
interface KnownStall {
  readonly cause: string
  readonly sinceMs: number
  readonly saidMs: number
  readonly actors: ReadonlySet<string>
}

/** A watch that goes by the pipeline's own clock, `elapsedMs`. It tells of each culprit once, until that has gone on. */
export function createStallWatch(afterMs: number): StallWatch {
  const known = new Map<string, KnownStall>()
  return {
    look(statistics) {
      const { elapsedMs } = statistics
      const stalls = new Map(findStalls(statistics, { afterMs }).map((stall) => [culpritOf(stall), stall]))
      const lines: string[] = []
      for (const [culprit, { cause, sinceMs, saidMs, actors }] of known) {
        // One that was cancelled stands still no longer, either.
        if (stalls.has(culprit) || !haveGoneOn(actors, saidMs, statistics)) continue
        lines.push(printableLine(`${cause} goes on after ${formatDuration(elapsedMs - sinceMs)}`))
        known.delete(culprit)
      }
      for (const [culprit, stall] of stalls) {
        if (known.has(culprit)) continue
        const { cause, links, forMs } = stall
        // Those before it may be held up by others, too: only in a ring any of them can let the others go on.
        const actors = new Set([cause.actor, ...(cause.kind === 'ring' ? links.map(({ actor }) => actor) : [])])
        known.set(culprit, { cause: cause.actor, sinceMs: elapsedMs - forMs, saidMs: elapsedMs, actors })
        lines.push(printableLine(`stalled: ${describeStall(stall)}`))
      }
      return lines
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
