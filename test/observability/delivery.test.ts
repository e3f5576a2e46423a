import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { Delivery } from '../../observability/delivery.ts'
import { type ExportResult, exported } from '../../observability/export-result.ts'
import { createLineExporter } from '../../observability/line-exporter.ts'

type Answer = (result: ExportResult) => void

// None of them takes that long.
const limitMs = 10_000

describe('The delivery of spans', () => {
  function deliver(exporter: SpanExporter): { delivery: Delivery; lines: string[]; provider: TracerProvider } {
    const lines: string[] = []
    const delivery = new Delivery({
      topic: 'tracing',
      route: `spans of actor 'words'`,
      complain: (line) => void lines.push(line),
    })
    const queue = new BatchSpanProcessor({
      exporter: delivery.watch(exporter, ({ length }) => length),
      maxQueueSize: 2,
      maxExportBatchSize: 2,
    })
    const provider = new TracerProvider({ spanProcessors: [delivery.counter, queue] })
    return { delivery, lines, provider }
  }

  function endSpans(provider: TracerProvider, count: number): void {
    for (let i = 0; i < count; i++) provider.getTracer('test').startSpan('a span').end()
  }

  function failingWith(error: Error): SpanExporter {
    const failed: ExportResult = { code: 1, error }
    return { export: (_spans, done: Answer) => done(failed), shutdown: () => Promise.reject(error) }
  }

  it('says nothing when all is well', async () => {
    const { delivery, lines, provider } = deliver(createLineExporter(() => {}))
    endSpans(provider, 1)
    await delivery.end(() => provider.shutdown(), limitMs)
    expect(lines).toEqual([])
  })

  it('says once that spans cannot be sent, and at the end how many were not, and lets nobody else know', async () => {
    const { delivery, lines, provider } = deliver(failingWith(new Error('the collector\nis down')))
    endSpans(provider, 1)
    await provider.forceFlush()
    endSpans(provider, 1)
    await provider.forceFlush()
    expect(lines).toEqual([
      `tracing: cannot send spans of actor 'words': the collector is down; they are dropped, and the pipeline runs on`,
    ])
    await delivery.end(() => provider.shutdown(), limitMs)
    expect(lines.slice(1)).toEqual([`tracing: lost 2 of 2 spans of actor 'words'`])
  })

  it('says it in one line if it turns out at the end', async () => {
    const { delivery, lines, provider } = deliver(failingWith(new Error('the collector is down')))
    endSpans(provider, 1)
    await delivery.end(() => provider.shutdown(), limitMs)
    expect(lines).toEqual([`tracing: lost 1 of 1 spans of actor 'words': the collector is down`])
  })

  it('knows a failure without a message by its code', async () => {
    const { lines, provider } = deliver(failingWith(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })))
    endSpans(provider, 1)
    await provider.shutdown()
    expect(lines).toEqual([expect.stringContaining(': ECONNREFUSED; ')])
  })

  it('says at the end how many spans the queue had no room for', async () => {
    const taken: (() => void)[] = []
    const slow: SpanExporter = {
      export: (_spans, done: Answer) => void taken.push(() => done(exported)),
      shutdown: async () => {},
    }
    const { delivery, lines, provider } = deliver(slow)
    // Two are on their way, two wait, and three are too many.
    endSpans(provider, 7)
    const ended = delivery.end(() => provider.shutdown(), limitMs)
    await expect.poll(() => taken.length).toBe(2)
    for (const take of taken) take()
    await ended
    expect(lines).toEqual([`tracing: lost 3 of 7 spans of actor 'words': more than could be sent in time`])
  })
})
