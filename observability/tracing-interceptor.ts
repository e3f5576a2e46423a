import { isSpanContextValid, trace } from '@opentelemetry/api'
import type { ActiveTrace, Interceptor } from '../engine/index.ts'
import type { HopSpans } from './hop-spans.ts'
import { ItemSampler } from './item-sampler.ts'
import { isSampled } from './traceparent.ts'

/** How the interceptor of an actor traces. */
export interface TracingInterceptorOptions {
  /** How many of the items that begin here are followed: 0 to 1. */
  readonly ratio: number
  /** Called when the actor leaves. */
  shutdown?(): Promise<void>
}

/**
 * Makes the spans of message hops: `send <stage>` where an item leaves for a stage, and as its child `process <stage>`
 * from there being handed to its consumer until the consumer is done with it. What is sent meanwhile is a child of that,
 * so that one source item is one trace through all stages. Whether an item is followed is drawn where it begins, and
 * one that is not makes no span and no object. Nothing here waits or throws.
 */
export function createTracingInterceptor(spans: HopSpans, options: TracingInterceptorOptions): Interceptor {
  const { ratio, shutdown } = options
  const sampler = new ItemSampler(ratio)
  return {
    itemSent(hop, held, departure) {
      if (held === null || (held === undefined && !sampler.take())) return undefined
      return spans.sent(hop, held, departure)
    },

    itemCreated(actor, held) {
      if (held === null || (held === undefined && !sampler.take())) return null
      return spans.created(actor, held) ?? null
    },

    itemReceived(hop, traceContext, arrival) {
      return spans.received(hop, traceContext, arrival) ?? null
    },

    itemTaken(held) {
      spans.taken(held)
    },

    itemDropped(held) {
      spans.dropped(held)
    },

    itemLeft(held) {
      spans.left(held)
    },

    itemDone(held, error, cancelled) {
      spans.done(held, error, cancelled)
    },

    activeTrace,

    ...(shutdown === undefined ? {} : { shutdown }),
  }
}

function activeTrace(): ActiveTrace | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  if (span === undefined || !isSpanContextValid(span) || !isSampled(span)) return undefined
  return { traceId: span.traceId, spanId: span.spanId }
}
