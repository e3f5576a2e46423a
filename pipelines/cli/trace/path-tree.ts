import { attributeNames } from '../../../observability/index.ts'
import { actorIndexOf, creditBeganMs, destinationOf, type HopTimes, isSend, stageOf, timesOf } from './hop.ts'
import type { Span, SpanLink } from './span.ts'

/** One hop of an item, from one actor to the next, and what came of the item there. */
export interface HopNode {
  readonly kind: 'hop'
  readonly from: string
  readonly to: string
  readonly send: Span | undefined
  readonly process: Span | undefined
  readonly times: HopTimes
  readonly startMs: number
  readonly endMs: number
  /** Nothing came of the item: it was filtered out, or was one of those that a step only counts. */
  readonly dropped: boolean
  readonly error: string | undefined
  readonly links: readonly SpanLink[]
  /** How many items it was made of, which may be more than there are links. */
  readonly contributorCount: number
  /** The span that it belongs to is not in the file. */
  readonly orphan: boolean
  readonly children: readonly PathNode[]
}

/** Any other span of the trace: one of the user's own, or of a call. */
export interface SpanNode {
  readonly kind: 'span'
  readonly span: Span
  readonly startMs: number
  readonly endMs: number
  readonly error: string | undefined
  readonly links: readonly SpanLink[]
  readonly orphan: boolean
  readonly children: readonly PathNode[]
}

export type PathNode = HopNode | SpanNode

/**
 * The spans of one trace as the path of its item: the two spans of a hop are one node, and what was sent while the item was
 * in hand is below it. Spans that are missing or go in circles leave no other one out: each is somewhere. An actor is called
 * by its number only if its stage is among those with several.
 */
export function pathOf(spans: readonly Span[], shared: ReadonlySet<string>): PathNode[] {
  return new PathBuilder(spans, shared).build()
}

class PathBuilder {
  readonly #byId = new Map<string, Span>()
  readonly #below = new Map<string, Span[]>()
  readonly #placed = new Set<Span>()

  readonly #shared: ReadonlySet<string>

  constructor(spans: readonly Span[], shared: ReadonlySet<string>) {
    this.#shared = shared
    for (const span of spans) this.#byId.set(span.spanId, span)
    for (const span of this.#byId.values()) {
      if (span.parentId === undefined) continue
      const siblings = this.#below.get(span.parentId)
      if (siblings === undefined) this.#below.set(span.parentId, [span])
      else siblings.push(span)
    }
  }

  build(): PathNode[] {
    const spans = [...this.#byId.values()]
    const tops = spans.filter(({ parentId }) => parentId === undefined || !this.#byId.has(parentId))
    const nodes = tops.flatMap((span) => this.#nodesOf(span))
    // What is left is in a circle: it is opened somewhere.
    for (const span of spans) if (!this.#placed.has(span)) nodes.push(...this.#nodesOf(span))
    return inOrder(nodes)
  }

  #nodesOf(span: Span): PathNode[] {
    if (this.#placed.has(span)) return []
    this.#placed.add(span)
    if (span.kind === 'consumer') return [this.#hop(undefined, span, [])]
    const below = (this.#below.get(span.spanId) ?? []).filter((each) => !this.#placed.has(each))
    if (!isSend(span)) {
      const { startMs, endMs, error, links } = span
      const children = inOrder(below.flatMap((each) => this.#nodesOf(each)))
      return [{ kind: 'span', span, startMs, endMs, error, links, orphan: this.#isOrphan(span), children }]
    }
    // What else is below a sending is of whoever sent it; it is shown with the first that received it.
    const receptions = below.filter(({ kind }) => kind === 'consumer')
    const others = below.filter(({ kind }) => kind !== 'consumer').flatMap((each) => this.#nodesOf(each))
    for (const each of receptions) this.#placed.add(each)
    if (receptions.length === 0) return [this.#hop(span, undefined, others)]
    return receptions.map((each, index) => this.#hop(span, each, index === 0 ? others : []))
  }

  #hop(send: Span | undefined, process: Span | undefined, others: readonly PathNode[]): HopNode {
    const first = (send ?? process) as Span
    const last = (process ?? send) as Span
    const times = timesOf(send, process)
    const below = process === undefined ? [] : (this.#below.get(process.spanId) ?? [])
    const count = Math.max(
      0,
      ...[send, process].map((span) => Number(span?.attributes[attributeNames.contributorCount] ?? 0)),
    )
    const links = [...(send?.links ?? []), ...(process?.links ?? [])]
    return {
      kind: 'hop',
      from: send === undefined ? '?' : this.#whose(send),
      to: process === undefined ? destinationOf(last) : this.#whose(process),
      send,
      process,
      times,
      startMs: send === undefined ? Math.min(first.startMs, times.arrivedMs ?? first.startMs) : creditBeganMs(send),
      endMs: last.endMs,
      dropped: process?.attributes[attributeNames.itemDropped] === true,
      error: process?.error ?? send?.error,
      links,
      contributorCount: Math.max(Number.isFinite(count) ? count : 0, links.length),
      orphan: this.#isOrphan(first),
      children: inOrder([...others, ...below.flatMap((each) => this.#nodesOf(each))]),
    }
  }

  #whose(span: Span): string {
    const stage = stageOf(span)
    const index = actorIndexOf(span)
    return index === undefined || !this.#shared.has(stage) ? stage : `${stage}#${index}`
  }

  #isOrphan({ parentId }: Span): boolean {
    return parentId !== undefined && !this.#byId.has(parentId)
  }
}

function inOrder(nodes: PathNode[]): PathNode[] {
  return nodes.toSorted((a, b) => a.startMs - b.startMs)
}
