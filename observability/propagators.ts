import {
  type Context,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import type { ReceivedHeaders } from '../engine/index.ts'

/**
 * How a trace goes from one program to another, as the W3C has it: `traceparent`, `tracestate` and `baggage`. Baggage is
 * bounded: entries beyond 8 KiB in all are left behind.
 */
export const propagators: TextMapPropagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
})

/** The headers that continue a context's trace. */
export function headersOf(context: Context): Record<string, string> {
  const headers: Record<string, string> = {}
  propagators.inject(context, headers, defaultTextMapSetter)
  return headers
}

// A peer may have sent anything. Of lists, the propagators take the first `traceparent`, and join the rest.
const textsAlone: TextMapGetter<ReceivedHeaders> = {
  get(headers, name) {
    const value: unknown = headers[name]
    return Array.isArray(value) ? value.map(textOf).filter((text) => text !== undefined) : textOf(value)
  },
  keys: (headers) => Object.keys(headers),
}

function textOf(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  return typeof value === 'string' ? value : undefined
}

/** The context that headers continue: without a span if there is none in them, or one that cannot be. */
export function contextFrom(headers: ReceivedHeaders): Context {
  return propagators.extract(ROOT_CONTEXT, headers, textsAlone)
}
