import { type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { RecordedSpans, type SpanOutlet } from '../../observability/recorded-spans.ts'
import { contextOf } from '../../observability/trace-context.ts'
import { arrivalWith, hopBetween } from './hops.ts'
import { type PostedSpan, readSpans } from './otlp-request.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe('The span of an item, as user code finds it,', () => {
  let posted: PostedSpan[]
  let spans: RecordedSpans
  let held: object
  let span: Span

  beforeEach(() => {
    posted = []
    const take: SpanOutlet['take'] = (records, clock) => {
      const bytes = Buffer.alloc(records.encodedLength)
      records.encode(bytes, 0, (view, at, ms) => clock.write(view, at, ms))
      posted.push(...readSpans(bytes))
    }
    spans = new RecordedSpans({ take, send: () => {} }, undefined, 1)
    held = spans.received(hopBetween('lines', 'words'), arrivalWith(traceparent)) ?? expect.unreachable()
    span = trace.getSpan(contextOf(held) ?? expect.unreachable()) ?? expect.unreachable()
  })

  it('is the one that is posted for its processing', () => {
    expect(span.isRecording()).toBe(true)
    spans.done(held)
    expect(posted).toMatchObject([span.spanContext()].map(({ traceId, spanId }) => ({ traceId, spanId })))
    expect(span.isRecording()).toBe(false)
  })

  it('takes attributes, events, links and a status, which are posted with the rest', () => {
    span.setAttribute('word', 'nevermore').setAttributes({ length: 9, word: 'Nevermore', rare: true })
    span.addEvent('found', { at: 'the end' }).addEvent('read', new Date(1_700_000_000_000))
    span.addLink({ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 } })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'too gloomy' })
    span.updateName('mine')
    span.end()
    expect(posted).toEqual([])
    spans.done(held)
    expect(posted).toMatchObject([
      {
        name: 'process words',
        attributes: { word: 'Nevermore', length: 9, rare: true, 'messaging.operation.type': 'process' },
        events: [
          { name: 'found', attributes: { at: 'the end' } },
          { name: 'read', attributes: {} },
        ],
        links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
        status: { code: SpanStatusCode.ERROR, message: 'too gloomy' },
      },
    ])
  })

  it('has the error that the item ended with, beside those that were recorded before, and its drop', () => {
    span.recordException(new TypeError('a comma'))
    span.setStatus({ code: SpanStatusCode.OK })
    spans.dropped(held)
    spans.done(held, new RangeError('too long'))
    expect(posted).toMatchObject([
      {
        attributes: { 'error.type': 'RangeError', 'actorflow.item.dropped': true },
        status: { code: SpanStatusCode.ERROR, message: 'too long' },
      },
    ])
    const types = posted[0]?.events.map((event) => event.attributes['exception.type'])
    expect(types).toEqual(['RangeError', 'TypeError'])
  })

  it('takes nothing any more once the item is over, and not more than a span may have', () => {
    for (let i = 0; i < 300; i++) span.setAttribute(`key${i}`, i).addEvent(`event${i}`)
    spans.done(held)
    span.setAttribute('late', true).addEvent('late')
    expect(posted[0]?.events).toHaveLength(128)
    const keys = Object.keys(posted[0]?.attributes ?? {}).filter((key) => key.startsWith('key'))
    expect(keys).toHaveLength(128)
    expect(posted).toHaveLength(1)
  })
})
