import { actorIndexOf, creditBeganMs, isSend, itemNumberOf, stageOf } from './hop.ts'
import type { Span } from './span.ts'

/** What is known of a trace without its spans. */
export interface TraceSummary {
  readonly traceId: string
  /** What it begins with, where that is no item: a request, or a call. */
  name: string | undefined
  /** The stage that the item comes from, and which of its items it is; undefined where no span says so. */
  source: string | undefined
  itemNumber: number | undefined
  startMs: number
  endMs: number
  hopCount: number
  errorCount: number
}

/** A summary while it is made. */
interface Entry extends TraceSummary {
  sendCount: number
  processCount: number
  /** What the source was taken from: the first sending of all is the item's own, and that without a parent is it for sure. */
  firstMs: number
  isRoot: boolean
}

/** The traces of a file, of which only the summaries are kept: a file may be larger than the memory. */
export class TraceIndex {
  readonly #entries = new Map<string, Entry>()
  readonly #shared = new Set<string>()

  add(span: Span): void {
    if ((actorIndexOf(span) ?? 1) > 1) this.#shared.add(stageOf(span))
    const entry = this.#entryOf(span)
    entry.startMs = Math.min(entry.startMs, isSend(span) ? creditBeganMs(span) : span.startMs)
    entry.endMs = Math.max(entry.endMs, span.endMs)
    if (span.error !== undefined) entry.errorCount += 1
    if (span.parentId === undefined && span.kind !== 'producer') entry.name = span.name
    if (span.kind === 'consumer') entry.processCount += 1
    if (isSend(span)) {
      entry.sendCount += 1
      noteSource(entry, span)
    }
    entry.hopCount = Math.max(entry.sendCount, entry.processCount)
  }

  /** In the order in which their first spans began. */
  summaries(): TraceSummary[] {
    return [...this.#entries.values()].sort((a, b) => a.startMs - b.startMs)
  }

  /** The stages that have several actors. */
  get shared(): ReadonlySet<string> {
    return this.#shared
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  find(traceId: string): TraceSummary | undefined {
    return this.#entries.get(traceId)
  }

  #entryOf({ traceId, startMs, endMs }: Span): Entry {
    let entry = this.#entries.get(traceId)
    if (entry === undefined) {
      entry = {
        traceId,
        name: undefined,
        source: undefined,
        itemNumber: undefined,
        startMs,
        endMs,
        hopCount: 0,
        errorCount: 0,
        sendCount: 0,
        processCount: 0,
        firstMs: Number.POSITIVE_INFINITY,
        isRoot: false,
      }
      this.#entries.set(traceId, entry)
    }
    return entry
  }
}

function noteSource(entry: Entry, span: Span): void {
  const isRoot = span.parentId === undefined
  if (entry.isRoot && !isRoot) return
  if (entry.isRoot === isRoot && span.startMs >= entry.firstMs) return
  entry.isRoot = isRoot
  entry.firstMs = span.startMs
  entry.source = stageOf(span)
  entry.itemNumber = itemNumberOf(span)
}

/** How long it took from its first span to its last. */
export function durationMs({ startMs, endMs }: TraceSummary): number {
  return endMs - startMs
}

/** What the item is called: `lines:17`, or only its stage where it has no number; or what else the trace begins with. */
export function itemName({ name, source = '?', itemNumber }: TraceSummary): string {
  if (name !== undefined) return name
  return itemNumber === undefined ? source : `${source}:${itemNumber}`
}
