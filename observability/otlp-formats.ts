import { JsonLogsSerializer, JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { OtlpFormat } from './otlp-exporter.ts'

/** The spans of the SDK. */
export const sdkSpans: OtlpFormat<ReadableSpan[]> = {
  signal: 'TRACES',
  contentType: 'application/json',
  serializer: JsonTraceSerializer,
  countOf: ({ length }) => length,
}

/** What a reader of the SDK has collected of metrics, which a collector counts by data points. */
export const sdkMetrics: OtlpFormat<ResourceMetrics> = {
  signal: 'METRICS',
  contentType: 'application/json',
  serializer: JsonMetricsSerializer,
  countOf: ({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics).reduce((count, { dataPoints }) => count + dataPoints.length, 0),
}

/** The entries of a log as the SDK has them. */
export const sdkLogs: OtlpFormat<ReadableLogRecord[]> = {
  signal: 'LOGS',
  contentType: 'application/json',
  serializer: JsonLogsSerializer,
  countOf: ({ length }) => length,
}
