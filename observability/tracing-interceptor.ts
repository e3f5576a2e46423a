import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Hop, Interceptor } from '../engine/index.ts'
import { type HopOperation, hopAttributes, hopSpanName } from './attributes.ts'
import { ItemSampler } from './item-sampler.ts'
import { sampledRoot } from './source-sampler.ts'
import { formatTraceparent, isSampled, parseTraceparent } from './traceparent.ts'

/** How the interceptor of an actor traces. */
export interface TracingInterceptorOptions {
  /** How many of the items that begin here are followed: 0 to 1. */
  readonly ratio: number
  readonly pipeline?: string
  /** Called when the actor leaves. */
  shutdown?(): Promise<void>
}

/** A sampled item in a task's hand: the span of its processing, and the context that makes other spans its children. */
class HeldItem {
  readonly span: Span
  readonly context: Context

  constructor(span: Span) {
    this.span = span
    this.context = trace.setSpan(ROOT_CONTEXT, span)
  }
}

interface SpanDescription {
  readonly name: string
  readonly options: { readonly kind: SpanKind; readonly attributes: Attributes }
}

/**
 * Makes the spans of message hops: `send <stage>` where an item leaves for a stage, and as its child `process <stage>`
 * from there being handed to its consumer until the consumer is done with it. What is sent meanwhile is a child of that,
 * so that one source item is one trace through all stages. Whether an item is followed is drawn where it begins, and
 * one that is not makes no span and no object. Nothing here waits or throws.
 */
export function createTracingInterceptor(tracer: Tracer, options: TracingInterceptorOptions): Interceptor {
  const { ratio, pipeline, shutdown } = options
  const sampler = new ItemSampler(ratio)
  const sends = describeOnce('send', pipeline)
  const processings = describeOnce('process', pipeline)
  return {
    itemSent(hop, held) {
      if (held === null || (held === undefined && !sampler.take())) return undefined
      const { name, options } = sends(hop)
      const span = tracer.startSpan(name, options, held instanceof HeldItem ? held.context : sampledRoot)
      span.end()
      const context = span.spanContext()
      return isSampled(context) ? formatTraceparent(context) : undefined
    },

    itemReceived(hop, traceContext) {
      const sender = parseTraceparent(traceContext)
      if (sender === undefined || !isSampled(sender)) return null
      const { name, options } = processings(hop)
      return new HeldItem(tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, sender)))
    },

    itemDone(held, error) {
      if (!(held instanceof HeldItem)) return
      if (error !== undefined) recordError(held.span, error)
      held.span.end()
    },

    ...(shutdown === undefined ? {} : { shutdown }),
  }
}

/** A stream's hop is one object for all of its items, so its span is described once. */
function describeOnce(operation: HopOperation, pipeline: string | undefined): (hop: Hop) => SpanDescription {
  const kind = operation === 'send' ? SpanKind.PRODUCER : SpanKind.CONSUMER
  const known = new WeakMap<Hop, SpanDescription>()
  return (hop) => {
    let description = known.get(hop)
    if (description === undefined) {
      const attributes = hopAttributes(hop, operation, pipeline)
      description = { name: hopSpanName(hop, operation), options: { kind, attributes } }
      known.set(hop, description)
    }
    return description
  }
}

function recordError(span: Span, error: unknown): void {
  const exception = Error.isError(error) ? error : new Error(showThrown(error))
  span.recordException(exception)
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message })
}

function showThrown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
