import { type Attributes, type AttributeValue, type HrTime, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/**
 * Spans of one resource as one line of OTLP/JSON, its end included: an ExportTraceServiceRequest, as a collector's file
 * exporter writes them. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function otlpJsonLine(spans: readonly ReadableSpan[]): string {
  const scopes = new Map<string, { scope: object; schemaUrl: string | undefined; spans: object[] }>()
  for (const span of spans) {
    const { name, version, schemaUrl } = span.instrumentationScope
    const key = `${name}\n${version ?? ''}\n${schemaUrl ?? ''}`
    let ofScope = scopes.get(key)
    if (ofScope === undefined) {
      // The spans last: a line that is cut off lacks nothing but some of them then.
      ofScope = { scope: { name, version }, schemaUrl, spans: [] }
      scopes.set(key, ofScope)
    }
    ofScope.spans.push(spanAsJson(span))
  }
  const resource = { attributes: attributesAsJson(spans[0]?.resource.attributes ?? {}) }
  return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [...scopes.values()] }] })}\n`
}

function spanAsJson(span: ReadableSpan): object {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const { code, message } = span.status
  return {
    traceId,
    spanId,
    traceState: traceState?.serialize(),
    parentSpanId: span.parentSpanContext?.spanId,
    flags: traceFlags,
    name: span.name,
    // The kinds of the API are counted from 0, where the protocol has one that is unspecified.
    kind: span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: attributesAsJson(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount || undefined,
    events: span.events.map(({ name, time, attributes }) => ({
      timeUnixNano: nanoseconds(time),
      name,
      attributes: attributesAsJson(attributes ?? {}),
    })),
    droppedEventsCount: span.droppedEventsCount || undefined,
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: attributesAsJson(attributes ?? {}),
    })),
    droppedLinksCount: span.droppedLinksCount || undefined,
    status: code === SpanStatusCode.UNSET ? {} : { code, message },
  }
}

/** More than a double can count, so that it is text. */
function nanoseconds([seconds, nanoseconds]: HrTime): string {
  return `${seconds}${String(nanoseconds).padStart(9, '0')}`
}

function attributesAsJson(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: valueAsJson(value) }],
  )
}

function valueAsJson(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: doubleAsJson(value) }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueAsJson) } }
  return {}
}

/** What JSON has no number for is a word. */
function doubleAsJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
