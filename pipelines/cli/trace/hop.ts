import { attributeNames } from '../../../observability/index.ts'
import type { Span } from './span.ts'

/** A time that was measured between the clocks of two processes, or that is not known. */
export interface WireTime {
  readonly ms: number
  /**
   * `exact`, as far as two clocks agree; `skewed`: they did not, and it would have been negative; `most`: how long it was
   * queued is not known, and is in it.
   */
  readonly kind: 'exact' | 'skewed' | 'most'
}

/** Where the time of one hop went, in the order in which it went there. Undefined is not known. */
export interface HopTimes {
  /** How long the item was ready, and could not be sent. */
  readonly creditMs: number | undefined
  /** When it left, by the clock of the sender. */
  readonly sentMs: number | undefined
  readonly wire: WireTime | undefined
  /** When it arrived, by the clock of the receiver. */
  readonly arrivedMs: number | undefined
  readonly queueMs: number | undefined
  readonly handlerMs: number | undefined
}

/** The times of a hop from its two spans, of which one may be missing, and from what attributes they have. */
export function timesOf(send: Span | undefined, process: Span | undefined): HopTimes {
  const creditMs = send && durationOf(send, attributeNames.creditWaitMs)
  const sentMs = send?.endMs
  if (process === undefined) {
    return { creditMs, sentMs, wire: undefined, arrivedMs: undefined, queueMs: undefined, handlerMs: undefined }
  }
  const queueMs = durationOf(process, attributeNames.queueWaitMs)
  const handlerMs = durationOf(process, attributeNames.handlerMs) ?? process.endMs - process.startMs
  const arrivedMs = process.startMs - (queueMs ?? 0)
  const wire = sentMs === undefined ? undefined : wireTime(arrivedMs - sentMs, queueMs !== undefined)
  return { creditMs, sentMs, wire, arrivedMs, queueMs, handlerMs }
}

function wireTime(ms: number, isQueueKnown: boolean): WireTime {
  if (ms < 0) return { ms: 0, kind: 'skewed' }
  return { ms, kind: isQueueKnown ? 'exact' : 'most' }
}

function durationOf(span: Span, name: string): number | undefined {
  const value = span.attributes[name]
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined
}

/** True for the span of an item that leaves; one of an item that only begins, and goes to several readers, is none. */
export function isSend(span: Span): boolean {
  return span.kind === 'producer' && span.attributes[attributeNames.operationType] !== 'create'
}

/** When an item began to wait for credit, where that is known; the span of its sending need not include that. */
export function creditBeganMs(send: Span): number {
  return Math.min(send.startMs, send.endMs - (durationOf(send, attributeNames.creditWaitMs) ?? 0))
}

/** The stage, or else the actor, that made a span. */
export function stageOf(span: Span): string {
  const stage = span.attributes[attributeNames.stage]
  return typeof stage === 'string' ? stage : span.service
}

/** Which of the actors of its stage made a span, from 1. */
export function actorIndexOf(span: Span): number | undefined {
  const index = span.attributes[attributeNames.actorIndex]
  return typeof index === 'number' ? index : undefined
}

/** Whom a span of a hop was sent to. */
export function destinationOf(span: Span): string {
  const destination = span.attributes[attributeNames.destinationName]
  return typeof destination === 'string' ? destination : span.name.replace(/^(?:send|process) /, '')
}

/** Which item of its stream it is, from 0. */
export function itemNumberOf(span: Span): number | undefined {
  const number = span.attributes[attributeNames.itemNumber]
  return typeof number === 'number' ? number : undefined
}
