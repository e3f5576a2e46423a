import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import type { ISerializer } from '@opentelemetry/otlp-transformer'
import type { Exporter, ExportResult } from './export-result.ts'
import { type OtlpSignal, otlpUrlInstead } from './otlp-endpoint.ts'

/** How something of one of the signals is posted. */
export interface OtlpFormat<Given> {
  readonly signal: OtlpSignal
  readonly contentType: 'application/json' | 'application/x-protobuf'
  readonly serializer: ISerializer<Given, OtlpAnswer>
  /** How many there are by the count of a collector: spans, data points of metrics, or entries of a log. */
  countOf(given: Given): number
}

/** What a collector says to a request that it has taken. In JSON, a whole number of 64 bits is a text. */
interface OtlpAnswer {
  readonly partialSuccess?: {
    readonly rejectedSpans?: number | string
    readonly rejectedDataPoints?: number | string
    readonly rejectedLogRecords?: number | string
    readonly errorMessage?: string
  }
}

/**
 * Posts to the collector of OTEL_EXPORTER_OTLP_*. That environment, its headers, certificates and compression, and what is
 * tried again after which failure, are the SDK's; its own exporters do not tell of what a collector has rejected.
 */
export function openOtlpExporter<Given>(format: OtlpFormat<Given>, timeoutMs: number): Required<Exporter<Given>> {
  const { signal, contentType, serializer, countOf } = format
  // Read just before the result of the same request.
  let answer: OtlpAnswer | 'a page' | undefined
  const sender = createOtlpHttpExportDelegate<Given, OtlpAnswer>(
    convertLegacyHttpOptions(
      { timeoutMillis: timeoutMs, ...otlpUrlInstead(signal, process.env) },
      signal,
      `v1/${signal.toLowerCase()}`,
      { 'Content-Type': contentType },
    ),
    {
      serializeRequest: (given) => serializer.serializeRequest(given),
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
    // For the figures that the SDK has of itself, which nobody collects.
    'otlp_http_exporter',
    { name: 'span', countItems: countOf },
    undefined,
  )
  return {
    export(given, done) {
      sender.export(given, (result) => {
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

/** Whatever a collector may have answered. */
function rejectedIn(answer: OtlpAnswer | undefined): Pick<ExportResult, 'rejectedCount' | 'error'> {
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = answer?.partialSuccess ?? {}
  const rejectedCount = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0)
  if (!(rejectedCount > 0)) return {}
  return {
    rejectedCount,
    error: new Error(`the collector rejected ${rejectedCount}: ${errorMessage || 'no reason given'}`),
  }
}
