import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Hop } from '../../engine/index.ts'
import { Delivery } from '../../observability/delivery.ts'
import { openRecording, type Recording } from '../../observability/otlp-sender.ts'
import { arrivalWith, hopBetween } from './hops.ts'
import { readRequests } from './otlp-request.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const hop = hopBetween('lines', 'words')

/** A collector that answers when it is told to. */
async function startCollector({ answers }: { answers: boolean }) {
  const bodies: Buffer[] = []
  let openCount = 0
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    openCount += 1
    bodies.push(await buffer(request))
    if (answers) response.end()
  }
  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    get openCount() {
      return openCount
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function record({ spans }: Recording, count: number, of: Hop = hop): void {
  for (let itemNumber = 0; itemNumber < count; itemNumber += 1) {
    spans.done(spans.received(of, arrivalWith(traceparent, { itemNumber })))
  }
}

describe('The sender of recorded spans', () => {
  afterEach(() => vi.unstubAllEnvs())

  function open(url: string) {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
    const complaints: string[] = []
    const delivery = new Delivery({ topic: 'tracing', route: 'spans', complain: (line) => complaints.push(line) })
    const scope = { name: 'test', version: '1.0.0', schemaUrl: 'https://example.org/schema' }
    const resource = { 'service.name': 'words' }
    const recording = openRecording({ resource, scope, timeoutMs: 500, pipeline: undefined }, delivery)
    return { recording, delivery, complaints }
  }

  it('sends all spans, each once, in requests of a million bytes at the most', async () => {
    await using collector = await startCollector({ answers: true })
    const { recording, delivery } = open(collector.url)
    record(recording, 10_000)
    const counts = await delivery.end(() => recording.shutdown(), 10_000)
    expect(counts).toEqual({ givenCount: 10_000, lostCount: 0 })
    const spans = collector.bodies.flatMap(readRequests).flatMap((request) => request.spans)
    const numbers = spans.map(({ attributes }) => Number(attributes['actorflow.item.number']))
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_, number) => number))
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(10_000)
    const lengths = collector.bodies.map(({ length }) => length)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_000_000)
    expect(lengths.length).toBeLessThan(6)
  })

  it('keeps to that with spans that are long, as those that failed', async () => {
    await using collector = await startCollector({ answers: true })
    const { recording, delivery } = open(collector.url)
    const error = new Error('x'.repeat(20_000))
    for (let itemNumber = 0; itemNumber < 60; itemNumber += 1) {
      recording.spans.done(recording.spans.received(hop, arrivalWith(traceparent, { itemNumber })), error)
    }
    expect(await delivery.end(() => recording.shutdown(), 10_000)).toEqual({ givenCount: 60, lostCount: 0 })
    expect(collector.bodies.flatMap(readRequests).flatMap((request) => request.spans)).toHaveLength(60)
    expect(Math.max(...collector.bodies.map(({ length }) => length))).toBeLessThanOrEqual(1_000_000)
  })

  it('sends the few spans of a quiet stream by itself', async () => {
    await using collector = await startCollector({ answers: true })
    const { recording, delivery } = open(collector.url)
    record(recording, 3)
    await vi.waitFor(() => expect(collector.bodies.flatMap(readRequests)[0]?.spans).toHaveLength(3), 5_000)
    expect(await delivery.end(() => recording.shutdown(), 1_000)).toEqual({ givenCount: 3, lostCount: 0 })
  })

  it('keeps eight requests for a collector that does not answer, and counts what it lost', async () => {
    await using collector = await startCollector({ answers: false })
    const { recording, delivery, complaints } = open(collector.url)
    record(recording, 100_000)
    expect(complaints).toEqual([expect.stringContaining('they come faster than they are taken')])
    await vi.waitFor(() => expect(collector.openCount).toBe(8))
    const { givenCount, lostCount } = await delivery.end(() => recording.shutdown(), 100)
    expect({ givenCount, lostCount }).toEqual({ givenCount: 100_000, lostCount: 100_000 })
    expect(collector.openCount).toBe(8)
  })
})
