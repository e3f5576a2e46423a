import { layOutColumns } from '../columns.ts'
import { formatCount } from '../figures.ts'
import { printableLine } from '../printable.ts'
import { formatPreciseTime } from './precise-time.ts'
import { durationMs, itemName, type TraceSummary } from './trace-index.ts'

/** The traces of a file as lines: their items, when they began, how long they took, how many hops they have, and their ids. */
export function listTraces(summaries: readonly TraceSummary[]): string[] {
  const beganMs = summaries[0]?.startMs ?? 0
  return layOutColumns(
    [
      ['item', 'began', 'took', 'hops', 'trace', ''],
      ...summaries.map((summary) => [
        printableLine(itemName(summary)),
        `+${formatPreciseTime(summary.startMs - beganMs)}`,
        formatPreciseTime(durationMs(summary)),
        formatCount(summary.hopCount),
        summary.traceId,
        summary.errorCount === 0 ? '' : '✗ failed',
      ]),
    ],
    ['left', 'right', 'right', 'right', 'left', 'left'],
  )
}
