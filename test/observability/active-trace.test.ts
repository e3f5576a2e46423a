import { context, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { ItemContexts } from '../../observability/item-contexts.ts'
import { RecordedSpans } from '../../observability/recorded-spans.ts'
import { UnfollowedItem } from '../../observability/tentative-item.ts'
import { createTracingInterceptor } from '../../observability/tracing-interceptor.ts'
import { actorNamed, arrivalWith, hopBetween } from './hops.ts'

describe('The active trace', () => {
  let interceptor: Interceptor

  beforeEach(() => {
    const contexts = new ItemContexts(() => undefined)
    contexts.activate()
    const spans = new RecordedSpans({ take: (records) => records.clear(), send: () => {} })
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

  it('is told of what is held, too, also after its task has let go of it', () => {
    const hop = hopBetween('lines', 'words')
    const item = interceptor.itemReceived?.(hop, arrivalWith(`00-${span.traceId}-${span.spanId}-01`))
    interceptor.itemLeft?.(item)
    expect(interceptor.traceOf?.(item)).toEqual({
      traceId: span.traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(interceptor.traceOf?.(null)).toBeUndefined()
    expect(interceptor.traceOf?.(new UnfollowedItem())).toBeUndefined()
  })

  it('is none where there is no span, or one that is not followed', () => {
    expect(interceptor.activeTrace?.()).toBeUndefined()
    expect(inside({ ...span, traceFlags: TraceFlags.NONE })).toBeUndefined()
    expect(inside({ ...span, spanId: '0'.repeat(16) })).toBeUndefined()
  })
})
