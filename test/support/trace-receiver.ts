import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { readRequests } from '../observability/otlp-request.ts'
import { readJsonRequests } from './otlp-json.ts'
import type { ReceivedSpan } from './span-tree.ts'

/** A collector of traces, over OTLP/HTTP. Disposing it closes it. */
export interface TraceReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  /** All spans that have come so far. */
  readonly spans: readonly ReceivedSpan[]
}

/** Starts a collector on a free port of this machine. It takes protobuf and JSON, packed or not. */
export async function startTraceReceiver(): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = []
  const failures: unknown[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const body = await buffer(request)
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      const isJson = request.headers['content-type'] === 'application/json'
      const requests = isJson ? readJsonRequests(String(bytes)) : readRequests(bytes)
      for (const { resource, spans: posted } of requests) {
        for (const span of posted) {
          const { 'service.name': service, 'service.instance.id': instance } = resource
          spans.push({ ...span, service: String(service), instance: String(instance) })
        }
      }
    } catch (error) {
      failures.push(error)
    }
    response.setHeader('content-type', 'application/json').end('{}')
  }
  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get spans() {
      if (failures.length > 0) throw new AggregateError(failures, 'requests that cannot be read')
      return spans
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
