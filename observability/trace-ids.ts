import { createTraceState, type SpanContext, TraceFlags } from '@opentelemetry/api'
import type { TraceIds } from '../engine/index.ts'

/** The ids of a span and of its trace, as numbers, and the state of the trace. */
export type SpanIds = Omit<TraceIds, 'baggage'>

/** The span that the ids are of, which is sampled. */
export function spanContextOf(ids: Readonly<SpanIds>): SpanContext {
  const { trace0, trace1, trace2, trace3, span0, span1, traceState } = ids
  return {
    traceId: hexOf(trace0) + hexOf(trace1) + hexOf(trace2) + hexOf(trace3),
    spanId: hexOf(span0) + hexOf(span1),
    traceFlags: TraceFlags.SAMPLED,
    ...(traceState !== undefined && { traceState: createTraceState(traceState) }),
  }
}

export function writeIds({ traceId, spanId, traceState }: SpanContext, into: SpanIds): void {
  into.trace0 = int32At(traceId, 0)
  into.trace1 = int32At(traceId, 8)
  into.trace2 = int32At(traceId, 16)
  into.trace3 = int32At(traceId, 24)
  into.span0 = int32At(spanId, 0)
  into.span1 = int32At(spanId, 8)
  // One that was empty, or had nothing right in it, is none.
  into.traceState = traceState?.serialize() || undefined
}

/** Makes something of the trace that another is of. */
export function copyTrace(from: Readonly<SpanIds>, into: SpanIds): void {
  into.trace0 = from.trace0
  into.trace1 = from.trace1
  into.trace2 = from.trace2
  into.trace3 = from.trace3
  into.traceState = from.traceState
}

/** False for ids that a peer must not send. */
export function areIds({ trace0, trace1, trace2, trace3, span0, span1 }: Readonly<SpanIds>): boolean {
  return (trace0 | trace1 | trace2 | trace3) !== 0 && (span0 | span1) !== 0
}

/** Four bytes of an id. Each trace is drawn by as much chance as `Math.random` has, like those of the SDK. */
export function randomInt32(): number {
  return (Math.random() * 2 ** 32) | 0
}

/** The id of a trace that nobody follows, and of a span in it. */
export function randomIds(): Readonly<SpanIds> {
  const [trace0, trace1, trace2, trace3] = [randomInt32(), randomInt32(), randomInt32(), randomInt32()]
  return { trace0, trace1, trace2, trace3, span0: randomInt32(), span1: randomInt32(), traceState: undefined }
}

function hexOf(int32: number): string {
  return (int32 >>> 0).toString(16).padStart(8, '0')
}

function int32At(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 8), 16) | 0
}
