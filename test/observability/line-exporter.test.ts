import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { createLineExporter } from '../../observability/line-exporter.ts'

describe('The console exporter', () => {
  const lines: string[] = []
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'word-count.words' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: createLineExporter((line) => void lines.push(line)) })],
  })
  const tracer = provider.getTracer('test')

  it('writes a span as one line of JSON', () => {
    lines.length = 0
    const parent = tracer.startSpan('send words', { kind: SpanKind.PRODUCER, startTime: 1_000 })
    const within = trace.setSpan(ROOT_CONTEXT, parent)
    const child = tracer.startSpan('process words', { kind: SpanKind.CONSUMER, startTime: 2_000 }, within)
    child.setAttribute('actorflow.stage.name', 'two\nlines')
    child.end(2_001.5)
    parent.end(1_000)

    expect(lines.map((line) => line.indexOf('\n') === line.length - 1)).toEqual([true, true])
    const { traceId, spanId } = parent.spanContext()
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: '1970-01-01T00:00:02.000Z',
        service: 'word-count.words',
        name: 'process words',
        kind: 'consumer',
        traceId,
        spanId: child.spanContext().spanId,
        parentSpanId: spanId,
        durationMs: 1.5,
        attributes: { 'actorflow.stage.name': 'two\nlines' },
      },
      {
        time: '1970-01-01T00:00:01.000Z',
        service: 'word-count.words',
        name: 'send words',
        kind: 'producer',
        traceId,
        spanId,
        durationMs: 0,
        attributes: {},
      },
    ])
  })

  it('names the spans that another has links to', () => {
    lines.length = 0
    const contributor = tracer.startSpan('process words')
    tracer.startSpan('send counts', { links: [{ context: contributor.spanContext() }] }).end()
    const { traceId, spanId } = contributor.spanContext()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name: 'send counts', links: [{ traceId, spanId }] })
  })

  it('says what happened in a span, and when', () => {
    lines.length = 0
    const span = tracer.startSpan('run word-count', { startTime: 1_000 })
    span.addEvent('ready', undefined, 1_500)
    span.addEvent('stage', { stage: 'words', itemsIn: 3 }, 2_000)
    span.end()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      name: 'run word-count',
      events: [
        { time: '1970-01-01T00:00:01.500Z', name: 'ready' },
        { time: '1970-01-01T00:00:02.000Z', name: 'stage', attributes: { stage: 'words', itemsIn: 3 } },
      ],
    })
  })

  it('says what a span failed with', () => {
    lines.length = 0
    const span = tracer.startSpan('process words')
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'too long a word' })
    span.end()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: 'too long a word' })
  })

  it('has not shut down before its lines are written', async () => {
    const { promise: written, resolve } = Promise.withResolvers<void>()
    let isDown = false
    const exporter = createLineExporter(
      () => undefined,
      () => written,
    )
    const down = exporter.shutdown().then(() => (isDown = true))
    await Promise.resolve()
    expect(isDown).toBe(false)
    resolve()
    await down
  })
})
