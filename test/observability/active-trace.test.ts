import { context, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { ItemContexts } from '../../observability/item-contexts.ts'
import { RecordedSpans } from '../../observability/recorded-spans.ts'
import { createTracingInterceptor } from '../../observability/tracing-interceptor.ts'
import { actorNamed } from './hops.ts'

describe('The active trace', () => {
  let interceptor: Interceptor

  beforeEach(() => {
    const contexts = new ItemContexts(() => undefined)
    contexts.activate()
    const spans = new RecordedSpans((records) => records.clear())
    interceptor = createTracingInterceptor(spans, { self: actorNamed('lines'), ratio: 1, contexts })
  })

  afterEach(() => context.disable())

  const span: SpanContext = {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    traceFlags: TraceFlags.SAMPLED,
  }

  function inside(span: SpanContext): unknown {
    return context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => interceptor.activeTrace?.())
  }

  it('has the ids of the span that the code runs in', () => {
    expect(inside(span)).toEqual({ traceId: span.traceId, spanId: span.spanId })
  })

  it('is none where there is no span, or one that is not followed', () => {
    expect(interceptor.activeTrace?.()).toBeUndefined()
    expect(inside({ ...span, traceFlags: TraceFlags.NONE })).toBeUndefined()
    expect(inside({ ...span, spanId: '0'.repeat(16) })).toBeUndefined()
  })
})
