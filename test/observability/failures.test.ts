import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { Failures } from '../../observability/failures.ts'
import type { TentativeItem } from '../../observability/tentative-item.ts'
import { arrivalWith, hopBetween } from './hops.ts'

/** The attributes of the span of an item that failed, the first of its batch being the 20th. */
function attributesOf(deal: (item: TentativeItem) => void): Readonly<Record<string, unknown>> {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const failures = new Failures(provider.getTracer('test'), undefined)
  const item = failures.take(hopBetween('lines', 'words'), arrivalWith('', { itemNumber: 20 }))
  deal(item)
  failures.done(item, new RangeError('too long a word'), false)
  return exporter.getFinishedSpans()[0]?.attributes ?? {}
}

const number = 'actorflow.item.number'
const time = 'actorflow.handler_ms'

describe('The span of an item that failed and was not sampled', () => {
  it('is that of the item in hand', () => {
    expect(attributesOf(() => {})).toMatchObject({ [number]: 20, [time]: expect.any(Number) })
    expect(attributesOf((item) => item.begin(3))).toMatchObject({ [number]: 23, [time]: expect.any(Number) })
  })

  it('has the number of one of a batch, and not the time that its batch took', () => {
    const attributes = attributesOf((item) => item.locate(3))
    expect(attributes).toMatchObject({ [number]: 23 })
    expect(attributes).not.toHaveProperty([time])
  })

  it('has no number where it may be any of a batch', () => {
    const attributes = attributesOf((item) => item.locate(undefined))
    expect(attributes).not.toHaveProperty([number])
    expect(attributes).not.toHaveProperty([time])
  })
})
