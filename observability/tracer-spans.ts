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
import type { Hop } from '../engine/index.ts'
import { type HopOperation, hopAttributes, hopSpanName } from './attributes.ts'
import type { HopSpans } from './hop-spans.ts'
import { sampledRoot } from './source-sampler.ts'
import { asError } from './thrown.ts'
import { formatTraceparent, isSampled, parseTraceparent } from './traceparent.ts'

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

/** The spans of hops as any tracer makes them, for any exporter. */
export function createTracerSpans(tracer: Tracer, pipeline?: string): HopSpans {
  const sends = describeOnce('send', pipeline)
  const processings = describeOnce('process', pipeline)
  return {
    sent(hop, held) {
      const { name, options } = sends(hop)
      const span = tracer.startSpan(name, options, held instanceof HeldItem ? held.context : sampledRoot)
      span.end()
      const context = span.spanContext()
      return isSampled(context) ? formatTraceparent(context) : undefined
    },

    received(hop, traceparent) {
      const sender = parseTraceparent(traceparent)
      if (sender === undefined || !isSampled(sender)) return undefined
      const { name, options } = processings(hop)
      return new HeldItem(tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, sender)))
    },

    done(held, error) {
      if (!(held instanceof HeldItem)) return
      if (error !== undefined) recordError(held.span, asError(error))
      held.span.end()
    },
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

function recordError(span: Span, error: Error): void {
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}
