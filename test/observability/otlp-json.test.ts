import { createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { otlpJsonLine } from '../../observability/otlp-json.ts'

const ended: ReadableSpan[] = []
const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'word-count.words' }),
  spanProcessors: [
    { onStart() {}, onEnd: (span) => void ended.push(span), forceFlush: async () => {}, shutdown: async () => {} },
  ],
})
const tracer = provider.getTracer('actorflow')

describe('Spans as OTLP/JSON', () => {
  it('are what the protocol has: ids in hex, times and whole numbers as text, kinds from 1', () => {
    const parent = tracer.startSpan('send words', { kind: SpanKind.PRODUCER, startTime: [1_700_000_000, 7] })
    const other = tracer.startSpan('other', { startTime: [1_700_000_000, 0] })
    const attributes = {
      text: 'a\nb',
      whole: 17,
      part: 0.5,
      yes: true,
      list: ['a', 'b'],
      endless: Number.POSITIVE_INFINITY,
    }
    const span = tracer.startSpan(
      'process words',
      {
        kind: SpanKind.CONSUMER,
        startTime: [1_700_000_001, 0],
        attributes,
        links: [{ context: other.spanContext(), attributes: { n: 1 } }],
      },
      trace.setSpan(ROOT_CONTEXT, parent),
    )
    span.addEvent('exception', { 'exception.message': 'no' }, [1_700_000_001, 250])
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    ended.length = 0
    span.end([1_700_000_002, 500])

    const line = otlpJsonLine(ended)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    const { traceId, spanId } = span.spanContext()
    const written = {
      traceId,
      spanId,
      parentSpanId: parent.spanContext().spanId,
      flags: 1,
      name: 'process words',
      kind: 5,
      startTimeUnixNano: '1700000001000000000',
      endTimeUnixNano: '1700000002000000500',
      attributes: [
        { key: 'text', value: { stringValue: 'a\nb' } },
        { key: 'whole', value: { intValue: '17' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
        { key: 'endless', value: { doubleValue: 'Infinity' } },
      ],
      events: [
        {
          timeUnixNano: '1700000001000000250',
          name: 'exception',
          attributes: [{ key: 'exception.message', value: { stringValue: 'no' } }],
        },
      ],
      links: [{ ...idsOf(other.spanContext()), attributes: [{ key: 'n', value: { intValue: '1' } }] }],
      status: { code: 2, message: 'no' },
    }
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'word-count.words' } }] }
    expect(JSON.parse(line)).toEqual({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'actorflow' }, spans: [written] }] }],
    })
  })

  it('have the state of their trace', () => {
    const theirs = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 }
    const traceState = createTraceState('vendor=abc,other=1')
    ended.length = 0
    tracer.startSpan('one', {}, trace.setSpanContext(ROOT_CONTEXT, { ...theirs, traceState })).end()
    const [{ scopeSpans }] = JSON.parse(otlpJsonLine(ended)).resourceSpans
    expect(scopeSpans[0].spans).toMatchObject([{ traceId: theirs.traceId, traceState: 'vendor=abc,other=1' }])
  })

  it('are apart by who made them', () => {
    ended.length = 0
    tracer.startSpan('one').end()
    provider.getTracer('mine', '1.2', { schemaUrl: 'https://example.org/1' }).startSpan('two').end()
    tracer.startSpan('three').end()
    const [{ scopeSpans }] = JSON.parse(otlpJsonLine(ended)).resourceSpans
    expect(
      scopeSpans.map(({ spans, ...scope }: { spans: { name: string }[] }) => [scope, spans.map(({ name }) => name)]),
    ).toEqual([
      [{ scope: { name: 'actorflow' } }, ['one', 'three']],
      [{ scope: { name: 'mine', version: '1.2' }, schemaUrl: 'https://example.org/1' }, ['two']],
    ])
  })
})

function idsOf({ traceId, spanId }: { traceId: string; spanId: string }) {
  return { traceId, spanId }
}
