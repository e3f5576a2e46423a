import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-code.ts'
import { durationMs, itemName, type TraceIndex, type TraceSummary } from './trace-index.ts'

/** The traces that a reader asks for by `17`, `lines:17`, or the beginning of a trace id. Throws `CommandError` for none. */
export function selectItem(index: TraceIndex, item: string, file: string): TraceSummary[] {
  const summaries = index.summaries()
  const [, source, digits] = /^(?:(.+):)?(\d{1,15})$/.exec(item) ?? []
  if (digits !== undefined) {
    const found = summaries.filter(
      (each) => each.itemNumber === Number(digits) && (source === undefined || each.source === source),
    )
    if (found.length > 0) return found
  }
  if (/^[0-9a-f]{4,32}$/i.test(item)) {
    const found = summaries.filter(({ traceId }) => traceId.startsWith(item.toLowerCase()))
    if (found.length === 1) return found
    if (found.length > 1) {
      const ids = found.slice(0, 3).map(({ traceId }) => traceId)
      throw new CommandError(
        `${found.length} traces begin with ${item}: ${ids.join(', ')}${found.length > 3 ? ', …' : ''}`,
      )
    }
  } else if (digits === undefined) {
    throw new CommandError(
      `'${item}' is no item: give its number at its source (17, or lines:17 where there are several sources), or at least 4 digits of its trace id`,
    )
  }
  throw new CommandError(`no item ${item} in ${file}, which has ${describeItems(summaries)}`, exitCodes.failed)
}

/** The traces of items that took longest, the longest first: not those of a whole run, or of a call. */
export function selectSlowest(index: TraceIndex, count: number): TraceSummary[] {
  return index
    .summaries()
    .filter(({ hopCount }) => hopCount > 0)
    .sort((a, b) => durationMs(b) - durationMs(a))
    .slice(0, count)
}

/** What there is, for whoever asked for something else. */
function describeItems(summaries: readonly TraceSummary[]): string {
  const [first] = summaries
  if (first === undefined) return 'no traces'
  const last = summaries.at(-1) as TraceSummary
  const range = summaries.length === 1 ? itemName(first) : `${itemName(first)} to ${itemName(last)}`
  return `${summaries.length} ${summaries.length === 1 ? 'trace' : 'traces'}, ${range}: an item has one if it was sampled (--trace-ratio)`
}
