import { type HrTime, type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { attributeNames } from './attributes.ts'
import { type ExportResult, exported } from './export-result.ts'

/**
 * Writes each span as one line of JSON. `write` is given a line at a time, since the actors of a tree share a stderr. Its
 * shutdown waits for `written`: what a slow reader has not taken yet would be lost with the process.
 */
export function createLineExporter(
  write: (line: string) => void,
  written: () => Promise<void> = async () => {},
): SpanExporter {
  return {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      for (const span of spans) write(`${JSON.stringify(describeSpan(span))}\n`)
      done(exported)
    },
    shutdown: written,
  }
}

function describeSpan(span: ReadableSpan): object {
  return {
    time: timeOf(span.startTime),
    service: span.resource.attributes[attributeNames.serviceName],
    name: span.name,
    kind: SpanKind[span.kind].toLowerCase(),
    ...idsOf(span.spanContext()),
    parentSpanId: span.parentSpanContext?.spanId,
    links: span.links.length > 0 ? span.links.map(({ context }) => idsOf(context)) : undefined,
    events: span.events.length > 0 ? span.events.map(describeEvent) : undefined,
    durationMs: Math.round(toMs(span.duration) * 1000) / 1000,
    attributes: span.attributes,
    error: span.status.code === SpanStatusCode.ERROR ? (span.status.message ?? 'failed') : undefined,
  }
}

function describeEvent({ time, name, attributes }: ReadableSpan['events'][number]): object {
  return { time: timeOf(time), name, attributes }
}

function idsOf({ traceId, spanId }: SpanContext): object {
  return { traceId, spanId }
}

function timeOf(time: HrTime): string {
  return new Date(toMs(time)).toISOString()
}

function toMs([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1_000_000
}
