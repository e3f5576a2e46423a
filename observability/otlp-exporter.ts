import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import {
  type IExportTraceServiceResponse,
  type ISerializer,
  JsonTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Exporter, ExportResult } from './export-result.ts'

/** How spans of some form are posted. */
export interface SpanFormat<Spans> {
  readonly contentType: 'application/json' | 'application/x-protobuf'
  readonly serializer: ISerializer<Spans, IExportTraceServiceResponse>
  countOf(spans: Spans): number
}

/** The spans of the SDK. */
export const sdkSpans: SpanFormat<ReadableSpan[]> = {
  contentType: 'application/json',
  serializer: JsonTraceSerializer,
  countOf: ({ length }) => length,
}

/**
 * Posts spans to the collector of OTEL_EXPORTER_OTLP_*. That environment, its headers, certificates and compression, and what
 * is tried again after which failure, are the SDK's; its own exporter does not tell of spans that a collector has rejected.
 */
export function openOtlpExporter<Spans>(format: SpanFormat<Spans>, timeoutMs: number): Required<Exporter<Spans>> {
  const { contentType, serializer, countOf } = format
  const headers = { 'Content-Type': contentType }
  // Read just before the result of the same request.
  let answer: IExportTraceServiceResponse | undefined
  const sender = createOtlpHttpExportDelegate<Spans, IExportTraceServiceResponse>(
    convertLegacyHttpOptions({ timeoutMillis: timeoutMs }, 'TRACES', 'v1/traces', headers),
    {
      serializeRequest: (spans) => serializer.serializeRequest(spans),
      deserializeResponse(bytes) {
        answer = serializer.deserializeResponse(bytes)
        return answer
      },
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: countOf },
    undefined,
  )
  return {
    export(spans, done) {
      sender.export(spans, (result) => {
        const rejected = rejectedIn(answer)
        answer = undefined
        done({ ...result, ...rejected })
      })
    },
    forceFlush: () => sender.forceFlush(),
    shutdown: () => sender.shutdown(),
  }
}

/** Whatever a collector may have answered. In JSON, a whole number of 64 bits is a text. */
function rejectedIn(answer: IExportTraceServiceResponse | undefined): Pick<ExportResult, 'rejectedCount' | 'error'> {
  const { rejectedSpans, errorMessage } = answer?.partialSuccess ?? {}
  const rejectedCount = Number(rejectedSpans ?? 0)
  if (!(rejectedCount > 0)) return {}
  return {
    rejectedCount,
    error: new Error(`the collector rejected ${rejectedCount}: ${errorMessage || 'no reason given'}`),
  }
}
