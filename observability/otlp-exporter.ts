import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import {
  type IExportTraceServiceResponse,
  type ISerializer,
  JsonTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Exporter, ExportResult } from './export-result.ts'
import { otlpUrlInstead } from './otlp-endpoint.ts'

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
  let answer: IExportTraceServiceResponse | 'a page' | undefined
  const sender = createOtlpHttpExportDelegate<Spans, IExportTraceServiceResponse>(
    convertLegacyHttpOptions(
      { timeoutMillis: timeoutMs, ...otlpUrlInstead('TRACES', process.env) },
      'TRACES',
      'v1/traces',
      headers,
    ),
    {
      serializeRequest: (spans) => serializer.serializeRequest(spans),
      deserializeResponse(bytes) {
        if (isPage(bytes)) {
          answer = 'a page'
          return {}
        }
        const response = serializer.deserializeResponse(bytes)
        answer = response
        return response
      },
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: countOf },
    undefined,
  )
  return {
    export(spans, done) {
      sender.export(spans, (result) => {
        const last = answer
        answer = undefined
        done(last === 'a page' ? failedAtPage() : { ...result, ...rejectedIn(last) })
      })
    },
    forceFlush: () => sender.forceFlush(),
    shutdown: () => sender.shutdown(),
  }
}

/** Whether an answer is HTML or the like: a request went to the address for people, who are shown the same whatever they ask for. */
function isPage(answer: Uint8Array): boolean {
  return /^\s*</.test(Buffer.from(answer.subarray(0, 64)).toString('latin1'))
}

function failedAtPage(): ExportResult {
  return { code: 1, error: new Error('what answered was a page for people, and no collector: is it the right port?') }
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
