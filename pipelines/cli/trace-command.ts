import type { Writable } from 'node:stream'
import { openOutput } from '../output.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import { printableLine } from './printable.ts'
import { paint, type TextOutput } from './terminal.ts'
import { rowsOf } from './trace/path-rows.ts'
import { pathOf } from './trace/path-tree.ts'
import { formatPreciseTime } from './trace/precise-time.ts'
import { selectItem, selectSlowest } from './trace/select-traces.ts'
import type { Span } from './trace/span.ts'
import { readTraceFile, TraceFileError } from './trace/trace-file.ts'
import { itemName, TraceIndex, type TraceSummary } from './trace/trace-index.ts'
import { listTraces } from './trace/trace-list.ts'
import { drawWaterfall, waterfallLegend } from './trace/waterfall.ts'

/** The options of `flow trace`. */
export interface TraceOptions {
  /** The paths of so many items that took longest. */
  readonly slowest?: number
  /** Every branch, where an item became many. */
  readonly all?: boolean
}

/** What `flow trace` needs of its surroundings. */
export interface TraceHost {
  readonly stdout: Writable & Pick<TextOutput, 'isTTY' | 'columns' | 'hasColors'>
  readonly stderr: { write(text: string): unknown }
}

const plainWidth = 100
const usualBranchCount = 12
// Of the aggregates that an item is in.
const maxNamedCount = 5

/**
 * `flow trace`: what a recording of traces has; or the path of an item, with where its time went. The file is read as often as
 * is needed, and never kept. Resolves to the exit code; what is wrong with the file is one line on stderr.
 */
export async function traceCommand(
  file: string,
  item: string | undefined,
  options: TraceOptions,
  host: TraceHost,
): Promise<number> {
  try {
    const notices = new Set<string>()
    const passedOver = (notice: string): void => {
      if (!notices.has(notice)) host.stderr.write(`flow: ${printableLine(notice)}\n`)
      notices.add(notice)
    }
    const index = new TraceIndex()
    for await (const spans of readTraceFile(file, { passedOver })) for (const span of spans) index.add(span)
    const lines = index.isEmpty ? undefined : linesOf({ file, item, options, host, index, passedOver })
    if (lines === undefined) {
      const why = notices.size === 0 ? 'no item was sampled' : 'what was written of them was cut off'
      throw new CommandError(`${file} has no traces: ${why}`, exitCodes.failed)
    }
    await using output = openOutput(host.stdout, new AbortController().signal)
    for await (const line of lines) if (!(await output.write(`${line}\n`))) break
    return exitCodes.done
  } catch (error) {
    const exitCode = error instanceof CommandError ? error.exitCode : exitCodes.failed
    host.stderr.write(`flow: ${printableLine(complaint(file, error))}\n`)
    return exitCode
  }
}

interface Request {
  readonly file: string
  readonly item: string | undefined
  readonly options: TraceOptions
  readonly host: TraceHost
  readonly index: TraceIndex
  passedOver(notice: string): void
}

async function* linesOf(request: Request): AsyncGenerator<string> {
  const { file, item, options, host, index } = request
  if (item === undefined && options.slowest === undefined) {
    yield* listTraces(index.summaries())
    return
  }
  const summaries = item === undefined ? selectSlowest(index, options.slowest ?? 1) : selectItem(index, item, file)
  const { spans, usedBy } = await collect(summaries, request)
  for (const summary of summaries) {
    yield* pathLines(summary, spans.get(summary.traceId) ?? [], usedBy.get(summary.traceId) ?? new Set(), request)
    yield ''
  }
  yield paint(waterfallLegend, 'faint', asText(host))
}

/** The spans of some traces, and which other traces have links to them. */
async function collect(
  summaries: readonly TraceSummary[],
  { file, passedOver }: Request,
): Promise<{ spans: Map<string, Span[]>; usedBy: Map<string, Set<string>> }> {
  const spans = new Map<string, Span[]>(summaries.map(({ traceId }) => [traceId, []]))
  const usedBy = new Map<string, Set<string>>(summaries.map(({ traceId }) => [traceId, new Set()]))
  for await (const some of readTraceFile(file, { passedOver })) {
    for (const span of some) {
      spans.get(span.traceId)?.push(span)
      for (const link of span.links) if (link.traceId !== span.traceId) usedBy.get(link.traceId)?.add(span.traceId)
    }
  }
  return { spans, usedBy }
}

function* pathLines(
  summary: TraceSummary,
  spans: readonly Span[],
  usedBy: ReadonlySet<string>,
  { options, host, index }: Request,
): Generator<string> {
  const output = asText(host)
  const nameOf = (traceId: string): string => {
    const other = index.find(traceId)
    return other?.source === undefined ? `trace ${traceId.slice(0, 8)}` : itemName(other)
  }
  const nodes = pathOf(spans, index.shared)
  const rows = rowsOf(nodes, {
    maxBranchCount: options.all === true ? Number.POSITIVE_INFINITY : usualBranchCount,
    nameOf: (link) => nameOf(link.traceId),
  })
  const startMs = nodes[0]?.startMs ?? summary.startMs
  const { endMs, hopCount, traceId } = summary
  const facts = [formatPreciseTime(endMs - startMs), `${hopCount} ${hopCount === 1 ? 'hop' : 'hops'}`]
  facts.push(new Date(Math.round(summary.startMs)).toISOString(), `trace ${traceId}`)
  yield paint(printableLine(`${itemName(summary)}  ${facts.join('  ')}`), 'strong', output)
  yield* drawWaterfall(rows, {
    startMs,
    endMs,
    width: host.stdout.isTTY === true ? (host.stdout.columns ?? plainWidth) : plainWidth,
    paint: (text, tone) => paint(text, tone, output),
  })
  if (usedBy.size > 0) {
    const names = [...usedBy].slice(0, maxNamedCount).map(nameOf)
    const more = usedBy.size > names.length ? ` and ${usedBy.size - names.length} more` : ''
    yield paint(printableLine(`it is in ${names.join(', ')}${more}`), 'faint', output)
  }
}

function asText({ stdout }: TraceHost): Pick<TextOutput, 'hasColors'> {
  return { hasColors: () => stdout.isTTY === true && stdout.hasColors?.() === true }
}

function complaint(file: string, error: unknown): string {
  if (error instanceof CommandError || error instanceof TraceFileError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return `there is no file ${file}`
  if (code === 'EISDIR') return `${file} is a folder`
  if (code !== undefined) return `${file} cannot be read: ${message}`
  throw error
}
