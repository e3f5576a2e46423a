import type { Attributes } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { Delivery } from './delivery.ts'
import type { Exporter } from './export-result.ts'
import type { InstrumentationScope } from './instrumentation-scope.ts'
import { type OtlpFormat, openOtlpExporter } from './otlp-exporter.ts'
import { requestStart } from './otlp-messages.ts'
import type { Field } from './protobuf.ts'
import { RecordedSpans, type SpanOutlet } from './recorded-spans.ts'
import type { SpanClock } from './span-clock.ts'
import type { SpanRecords } from './span-records.ts'
import { SpanRequest } from './span-request.ts'

// A request costs about as much as a thousand spans, most of it in code that has not run since the last one, at both ends: so
// it is as large as all collectors take. That of Bugsnag takes a megabyte, most take more.
const maxRequestBytes = 1_000_000
// Beyond that, spans are lost: a collector that is slow or down must not cost memory without end.
const maxPendingCount = 8

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
  const requests = new SpanRequests(options, delivery)
  const spans = new RecordedSpans(requests, options.pipeline)
  return {
    spans,
    shutdown() {
      spans.flush()
      return requests.close()
    },
  }
}

/** Gathers spans in requests, and posts these. */
class SpanRequests implements SpanOutlet {
  readonly #delivery: Delivery
  readonly #exporter: Required<Exporter<Request>>
  readonly #startOf: (spansLength: number) => Field
  readonly #startBytes: number
  readonly #free: SpanRequest[] = []
  #request: SpanRequest
  #pendingCount = 0

  constructor(options: RecordingOptions, delivery: Delivery) {
    this.#delivery = delivery
    this.#exporter = openOtlpExporter(encodedSpans, options.timeoutMs)
    this.#startOf = requestStart(options)
    this.#startBytes = this.#startOf(2 ** 31).length
    this.#request = new SpanRequest(this.#startBytes)
  }

  take(records: SpanRecords, clock: SpanClock): void {
    if (this.#startBytes + this.#request.spansLength + records.encodedLength > maxRequestBytes) this.send()
    this.#delivery.given(records.count)
    if (this.#pendingCount === maxPendingCount) {
      this.#delivery.dropped()
      records.clear()
    } else this.#request.add(records, clock)
  }

  send(): void {
    const request = this.#request
    const { spanCount, spansLength } = request
    if (spanCount === 0) return
    this.#request = this.#free.pop() ?? new SpanRequest(this.#startBytes)
    this.#pendingCount += 1
    const bytes = request.complete(this.#startOf(spansLength))
    this.#exporter.export({ bytes, spanCount }, (result) => {
      this.#pendingCount -= 1
      this.#delivery.settled(spanCount, result)
      request.clear()
      if (this.#free.length === 0) this.#free.push(request)
    })
  }

  close(): Promise<void> {
    return this.#delivery.closed(this.#exporter.shutdown())
  }
}

interface Request {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

const encodedSpans: OtlpFormat<Request> = {
  signal: 'TRACES',
  contentType: 'application/x-protobuf',
  serializer: {
    serializeRequest: ({ bytes }) => bytes,
    deserializeResponse: (bytes) => ProtobufTraceSerializer.deserializeResponse(bytes),
  },
  countOf: ({ spanCount }) => spanCount,
}
