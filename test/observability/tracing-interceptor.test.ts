import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { createSampler } from '../../observability/source-sampler.ts'
import { createTracingInterceptor } from '../../observability/tracing-interceptor.ts'
import { hopBetween } from './hops.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe('The tracing interceptor', () => {
  let exporter: InMemorySpanExporter
  let startedCount: number

  beforeEach(() => {
    exporter = new InMemorySpanExporter()
    startedCount = 0
  })

  /** The interceptor of one actor. All of them export to the same place, like processes to one collector. */
  function actorTracing(ratio = 1, pipeline?: string): Required<Omit<Interceptor, 'shutdown'>> {
    const provider = new TracerProvider({
      // The items are drawn by the interceptor: a sampler that draws again would leave fewer.
      sampler: createSampler(0),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    })
    const tracer = provider.getTracer('test')
    const counting: Tracer = {
      startSpan(...args) {
        startedCount += 1
        return tracer.startSpan(...args)
      },
      startActiveSpan: tracer.startActiveSpan.bind(tracer),
    }
    const options = pipeline === undefined ? { ratio } : { ratio, pipeline }
    return createTracingInterceptor(counting, options) as ReturnType<typeof actorTracing>
  }

  it('makes one trace of an item on its way through three hops, each span the parent of the next', () => {
    const names = ['lines', 'words', 'counts', 'report']
    let held: unknown
    for (const [i, name] of names.slice(1).entries()) {
      const hop = hopBetween(names[i] ?? '', name)
      const sent = actorTracing().itemSent(hop, held)
      actorTracing().itemDone(held)
      held = actorTracing().itemReceived(hop, sent ?? '')
    }
    actorTracing().itemDone(held)

    const spans = chainOf(exporter.getFinishedSpans())
    expect(spans.map(({ name, kind }) => `${SpanKind[kind]} ${name}`)).toEqual([
      'PRODUCER send words',
      'CONSUMER process words',
      'PRODUCER send counts',
      'CONSUMER process counts',
      'PRODUCER send report',
      'CONSUMER process report',
    ])
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
  })

  it('makes children of one item of all that is sent while it is held', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    const sent = [1, 2, 3].map(() => itemSent(hopBetween('words', 'counts'), held))
    itemDone(held)

    const [first, second, third, processing] = exporter.getFinishedSpans()
    expect(new Set(sent).size).toBe(3)
    expect([first, second, third].map((span) => span?.parentSpanContext?.spanId)).toEqual(
      Array(3).fill(processing?.spanContext().spanId),
    )
  })

  it('begins a trace of its own for each item of a source', () => {
    const { itemSent } = actorTracing()
    for (let i = 0; i < 5; i++) itemSent(hopBetween('lines', 'words'), undefined)
    const spans = exporter.getFinishedSpans()
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(5)
    expect(spans.every((span) => span.parentSpanContext === undefined)).toBe(true)
  })

  it('makes no span at a ratio of 0', () => {
    const { itemSent } = actorTracing(0)
    for (let i = 0; i < 1000; i++) expect(itemSent(hopBetween('lines', 'words'), undefined)).toBeUndefined()
    expect(startedCount).toBe(0)
  })

  it('makes a span for about as many items as the ratio says, and for no others', () => {
    const { itemSent } = actorTracing(0.5)
    const hop = hopBetween('lines', 'words')
    const sent = Array.from({ length: 2000 }, () => itemSent(hop, undefined)).filter((context) => context !== undefined)
    // More than ten standard deviations to each side.
    expect(sent.length).toBeGreaterThan(750)
    expect(sent.length).toBeLessThan(1250)
    expect(startedCount).toBe(sent.length)
  })

  it('makes no span for what comes of an item that is not sampled', () => {
    const { itemSent, itemDone } = actorTracing()
    expect(itemSent(hopBetween('words', 'counts'), null)).toBeUndefined()
    itemDone(null)
    expect(startedCount).toBe(0)
  })

  it('follows a sampled item whatever the ratio here is', () => {
    const { itemSent, itemReceived } = actorTracing(0)
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    expect(itemSent(hopBetween('words', 'counts'), held)).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-.{16}-01$/)
  })

  it.each(['', 'nonsense', traceparent.replace(/01$/, '00')])(
    'takes an item with trace context %j as not sampled',
    (context) => {
      expect(actorTracing().itemReceived(hopBetween('lines', 'words'), context)).toBeNull()
      expect(startedCount).toBe(0)
    },
  )

  it('ends the span of an item only when the consumer is done with it', () => {
    const { itemReceived, itemDone } = actorTracing()
    const held = itemReceived(hopBetween('lines', 'words'), traceparent)
    expect(exporter.getFinishedSpans()).toEqual([])
    itemDone(held)
    expect(exporter.getFinishedSpans()).toMatchObject([{ status: { code: SpanStatusCode.UNSET }, events: [] }])
  })

  it('records the error that an item ended with', () => {
    const { itemReceived, itemDone } = actorTracing()
    itemDone(itemReceived(hopBetween('lines', 'words'), traceparent), new RangeError('too long a word'))
    const [span] = exporter.getFinishedSpans()
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'too long a word' })
    expect(span?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'RangeError', 'exception.message': 'too long a word' } },
    ])
  })

  it.each([
    ['a text', 'out of words', 'out of words'],
    ['null', null, 'null'],
    ['what cannot be shown', Object.create(null), 'a value that cannot be shown was thrown'],
  ])('records %s that was thrown instead of an error', (_what, thrown, message) => {
    const { itemReceived, itemDone } = actorTracing()
    itemDone(itemReceived(hopBetween('lines', 'words'), traceparent), thrown)
    expect(exporter.getFinishedSpans()).toMatchObject([{ status: { code: SpanStatusCode.ERROR, message } }])
  })

  it('names stages without the numbers of their actors, and describes the hop', () => {
    const { itemSent, itemReceived, itemDone } = actorTracing(1, 'word-count')
    const hop = hopBetween('lines', 'words#2')
    itemDone(itemReceived(hop, itemSent(hop, undefined) ?? ''))
    const shared = {
      'messaging.system': 'actorflow',
      'messaging.destination.name': 'words',
      'flow.pipeline': 'word-count',
      'flow.function': 'items',
    }
    expect(exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: 'send words',
        attributes: {
          ...shared,
          'messaging.operation.type': 'send',
          'messaging.operation.name': 'send',
          'messaging.client.id': 'id-of-lines',
          'flow.stage': 'lines',
        },
      },
      {
        name: 'process words',
        attributes: {
          ...shared,
          'messaging.operation.type': 'process',
          'messaging.operation.name': 'process',
          'messaging.client.id': 'id-of-words#2',
          'flow.stage': 'words',
          'flow.actor.index': 2,
        },
      },
    ])
  })
})

/** The spans from the one without a parent down, each the child of the one before. */
function chainOf(spans: readonly ReadableSpan[]): ReadableSpan[] {
  const chain: ReadableSpan[] = []
  let parentId: string | undefined
  for (;;) {
    const next = spans.find((span) => span.parentSpanContext?.spanId === parentId)
    if (next === undefined) return chain
    chain.push(next)
    parentId = next.spanContext().spanId
  }
}
