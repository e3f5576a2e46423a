import type { Attributes } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { Delivery } from './delivery.ts'
import type { InstrumentationScope } from './instrumentation-scope.ts'
import { openOtlpExporter, type SpanFormat } from './otlp-exporter.ts'
import { requestStart } from './otlp-messages.ts'
import { RecordedSpans } from './recorded-spans.ts'
import type { SpanClock } from './span-clock.ts'
import type { SpanRecords } from './span-records.ts'

// Beyond that, spans are lost: a collector that is slow or down must not cost memory without end.
const maxPendingCount = 16

export interface RecordingOptions {
  readonly resource: Attributes
  readonly scope: InstrumentationScope
  readonly timeoutMs: number
  readonly pipeline: string | undefined
}

/** Spans of hops that are recorded for an OTLP collector. */
export interface Recording {
  readonly spans: RecordedSpans
  /** Sends what is pending, and waits until it was taken or given up. Never rejects. */
  shutdown(): Promise<void>
}

/** Records spans, and posts them in requests that it has encoded itself. */
export function openRecording(options: RecordingOptions, delivery: Delivery): Recording {
  const exporter = openOtlpExporter(encodedSpans, options.timeoutMs)
  const requestOf = requestStart(options)
  const buffers = new BufferPool()
  let pendingCount = 0

  const take = (records: SpanRecords, clock: SpanClock): void => {
    const { count, encodedLength } = records
    delivery.given(count)
    if (pendingCount === maxPendingCount) {
      delivery.dropped()
      return records.clear()
    }
    const start = requestOf(encodedLength)
    const buffer = buffers.take(start.length + encodedLength)
    buffer.set(start)
    records.encode(buffer, start.length, (view, at, ms) => clock.write(view, at, ms))
    pendingCount += 1
    const request = { bytes: buffer.subarray(0, start.length + encodedLength), spanCount: count }
    exporter.export(request, (result) => {
      pendingCount -= 1
      delivery.settled(count, result)
      buffers.giveBack(buffer)
    })
  }

  const spans = new RecordedSpans(take, options.pipeline)
  return {
    spans,
    shutdown() {
      spans.flush()
      return delivery.closed(exporter.shutdown())
    },
  }
}

interface Request {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

const encodedSpans: SpanFormat<Request> = {
  contentType: 'application/x-protobuf',
  serializer: {
    serializeRequest: ({ bytes }) => bytes,
    deserializeResponse: (bytes) => ProtobufTraceSerializer.deserializeResponse(bytes),
  },
  countOf: ({ spanCount }) => spanCount,
}

/** Buffers for requests of nearly the same length. Memory that was used before costs less to write to than new memory. */
class BufferPool {
  readonly #free: Uint8Array[] = []

  take(length: number): Uint8Array {
    const free = this.#free.pop()
    return free !== undefined && free.length >= length ? free : Buffer.allocUnsafeSlow(length)
  }

  giveBack(buffer: Uint8Array): void {
    if (this.#free.length < 2) this.#free.push(buffer)
  }
}
