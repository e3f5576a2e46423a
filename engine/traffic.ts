import { otherName } from './bounded-counts.ts'
import type { ContextStatus } from './context-status.ts'
import { stageOf } from './shared-name.ts'

/** The items of an actor's streams since it began: those that it took in, and those that it gave. */
export interface Traffic {
  readonly itemsIn: number
  readonly itemsOut: number
}

/** All streams of an actor that carry the items of one function one way between it and the actors of one stage. */
export interface EdgeTraffic {
  /** `in` is what this actor receives. */
  readonly direction: 'in' | 'out'
  /** The stage at the other end: the name of its actors, without their numbers, of which there may be any in the course of time. */
  readonly peer: string
  readonly functionName: string
  /** The streams that are open now. */
  readonly openCount: number
  /** Since the actor began. */
  readonly itemCount: number
  /** What they weighed: about their size on the wire. */
  readonly byteCount: number
  readonly batchCount: number
  /** What has been received and nobody has taken yet, now. */
  readonly queuedCount: number
  readonly queuedBytes: number
  /** How much more may be sent now, by what the receivers allow. */
  readonly creditCount: number
  readonly creditBytes: number
}

/** A stream as it is counted. The engine's own, those of a `service`, do not count. */
export interface Streaming extends Pick<ContextStatus, 'service' | 'functionName' | 'sent' | 'received'> {
  readonly peer: string
}

// More than a pipeline has. A peer can be anybody, and come under a new name each time.
const maxEdgeCount = 256

const noTraffic = {
  openCount: 0,
  itemCount: 0,
  byteCount: 0,
  batchCount: 0,
  queuedCount: 0,
  queuedBytes: 0,
  creditCount: 0,
  creditBytes: 0,
}

/**
 * Counts the items of an actor's streams. An open one has its own counts, which are asked for when somebody wants to know;
 * here are those of the streams that have ended.
 */
export class TrafficTotals {
  readonly #ended = new Map<string, EdgeTraffic>()

  /** A stream has ended. */
  add(streaming: Streaming): void {
    for (const edge of edgesOf(streaming)) addTo(this.#ended, { ...edge, ...nothingNow })
  }

  /** All of them edge by edge, with those of the streams that are open. */
  edges(open: Iterable<Streaming>): EdgeTraffic[] {
    const all = new Map(this.#ended)
    for (const streaming of open) for (const edge of edgesOf(streaming)) addTo(all, edge)
    return [...all.values()]
  }

  /** The items of all of them. */
  with(open: Iterable<Streaming>): Traffic {
    const edges = this.edges(open)
    const sum = (way: EdgeTraffic['direction']) =>
      edges.reduce((count, { direction, itemCount }) => (direction === way ? count + itemCount : count), 0)
    return { itemsIn: sum('in'), itemsOut: sum('out') }
  }
}

const nothingNow = { openCount: 0, queuedCount: 0, queuedBytes: 0, creditCount: 0, creditBytes: 0 }

function* edgesOf({ service, peer, functionName, sent, received }: Streaming): Generator<EdgeTraffic> {
  if (service !== '') return
  const edge = { ...noTraffic, peer: stageOf(peer), functionName, openCount: 1 }
  if (received !== undefined) {
    const { count, bytes, batchCount, waitingCount, waitingBytes } = received
    const counts = { itemCount: count, byteCount: bytes, batchCount }
    yield { ...edge, ...counts, direction: 'in', queuedCount: waitingCount, queuedBytes: waitingBytes }
  }
  if (sent !== undefined) {
    const { count, bytes, batchCount, allowedCount, allowedBytes } = sent
    const credit = { creditCount: Math.max(0, allowedCount - count), creditBytes: Math.max(0, allowedBytes - bytes) }
    yield { ...edge, ...credit, direction: 'out', itemCount: count, byteCount: bytes, batchCount }
  }
}

function keyOf(direction: string, peer: string, functionName: string): string {
  return `${direction}\n${peer}\n${functionName}`
}

function addTo(edges: Map<string, EdgeTraffic>, edge: EdgeTraffic): void {
  const { direction, peer, functionName } = edge
  const ownKey = keyOf(direction, peer, functionName)
  const isOther = !edges.has(ownKey) && edges.size >= maxEdgeCount
  const names = isOther ? { peer: otherName, functionName: otherName } : { peer, functionName }
  const key = isOther ? keyOf(direction, otherName, otherName) : ownKey
  const sum = edges.get(key) ?? { ...noTraffic, direction, ...names }
  edges.set(key, {
    direction,
    ...names,
    openCount: sum.openCount + edge.openCount,
    itemCount: sum.itemCount + edge.itemCount,
    byteCount: sum.byteCount + edge.byteCount,
    batchCount: sum.batchCount + edge.batchCount,
    queuedCount: sum.queuedCount + edge.queuedCount,
    queuedBytes: sum.queuedBytes + edge.queuedBytes,
    creditCount: sum.creditCount + edge.creditCount,
    creditBytes: sum.creditBytes + edge.creditBytes,
  })
}
