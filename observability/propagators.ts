import {
  type Context,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import type { Headers } from '../engine/index.ts'

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

// A peer may have sent anything.
const textsAlone: TextMapGetter<Headers> = {
  get: (headers, name) => (typeof headers[name] === 'string' ? headers[name] : undefined),
  keys: (headers) => Object.keys(headers),
}

/** The context that headers continue: without a span if there is none in them, or one that cannot be. */
export function contextFrom(headers: Headers): Context {
  return propagators.extract(ROOT_CONTEXT, headers, textsAlone)
}
