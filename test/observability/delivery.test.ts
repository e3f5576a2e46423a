import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { Delivery } from '../../observability/delivery.ts'
import { type ExportResult, exported } from '../../observability/export-result.ts'
import { createLineExporter } from '../../observability/line-exporter.ts'

describe('The delivery of spans', () => {
  function deliver(exporter: SpanExporter): { delivery: Delivery; lines: string[]; provider: TracerProvider } {
    const lines: string[] = []
    const delivery = new Delivery({
      route: `spans of actor 'words'`,
      complain: (line) => void lines.push(line),
    })
    const queue = new BatchSpanProcessor({ exporter: delivery.watch(exporter), maxQueueSize: 2, maxExportBatchSize: 2 })
    const provider = new TracerProvider({ spanProcessors: [delivery.counter, queue] })
    return { delivery, lines, provider }
  }

  function endSpans(provider: TracerProvider, count: number): void {
    for (let i = 0; i < count; i++) provider.getTracer('test').startSpan('a span').end()
  }

  function failingWith(error: Error): SpanExporter {
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any code but that of success
    const failed: ExportResult = { code: 1, error }
    return { export: (_spans, done) => done(failed), shutdown: () => Promise.reject(error) }
  }

  it('says nothing when all is well', async () => {
    const { delivery, lines, provider } = deliver(createLineExporter(() => {}))
    endSpans(provider, 1)
    await provider.shutdown()
    delivery.conclude('no reason')
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
    await provider.shutdown()
    delivery.conclude('no reason')
    expect(lines.slice(1)).toEqual([`tracing: lost 2 of 2 spans of actor 'words'`])
  })

  it('says it in one line if it turns out at the end', async () => {
    const { delivery, lines, provider } = deliver(failingWith(new Error('the collector is down')))
    endSpans(provider, 1)
    delivery.close()
    await provider.shutdown()
    delivery.conclude('no reason')
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
      export: (_spans, done) => void taken.push(() => done(exported)),
      shutdown: async () => {},
    }
    const { delivery, lines, provider } = deliver(slow)
    // Two are on their way, two wait, and three are too many.
    endSpans(provider, 7)
    const closed = provider.shutdown()
    await expect.poll(() => taken.length).toBe(2)
    for (const take of taken) take()
    await closed
    delivery.conclude('more than could be sent in time')
    expect(lines).toEqual([`tracing: lost 3 of 7 spans of actor 'words': more than could be sent in time`])
  })
})
