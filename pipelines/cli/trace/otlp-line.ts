import type { Span, SpanEvent, SpanKindName, SpanLink } from './span.ts'

const kinds: readonly SpanKindName[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const failed = 2
/** What a collector writes into files of their own, or into the same one. */
const otherSignals = ['resourceMetrics', 'resourceLogs', 'resourceProfiles']

/** An object of OTLP/JSON is not what it should be: says where in it, and what would be right. */
export class OtlpError extends Error {}

/**
 * The spans of an object of OTLP/JSON, an ExportTraceServiceRequest, as a run records them and a collector's file exporter
 * writes them. None for one of metrics or logs. Throws `OtlpError` for anything else.
 */
export function spansOf(request: unknown): Span[] {
  const { resourceSpans } = objectOf(request, 'the line')
  if (resourceSpans === undefined) {
    if (otherSignals.some((name) => Object.hasOwn(request as object, name))) return []
    throw new OtlpError('it has no resourceSpans, as an object of OTLP/JSON with traces has')
  }
  return listOf(resourceSpans, 'resourceSpans').flatMap((each, index) => {
    const place = `resourceSpans[${index}]`
    const { resource, scopeSpans } = objectOf(each, place)
    const origin =
      resource === undefined ? {} : attributesOf(objectOf(resource, `${place}.resource`)['attributes'], place)
    const service = textOr(origin['service.name'], 'unknown_service')
    const instance = textOr(origin['service.instance.id'], undefined)
    return listOf(scopeSpans, `${place}.scopeSpans`).flatMap((scope, scopeIndex) => {
      const scopePlace = `${place}.scopeSpans[${scopeIndex}]`
      const { spans } = objectOf(scope, scopePlace)
      return listOf(spans, `${scopePlace}.spans`).map((span, spanIndex) =>
        spanOf(span, `${scopePlace}.spans[${spanIndex}]`, service, instance),
      )
    })
  })
}

function spanOf(json: unknown, place: string, service: string, instance: string | undefined): Span {
  const span = objectOf(json, place)
  const parentId = span['parentSpanId']
  const startMs = timeOf(span['startTimeUnixNano'], `${place}.startTimeUnixNano`)
  const endMs =
    span['endTimeUnixNano'] === undefined ? startMs : timeOf(span['endTimeUnixNano'], `${place}.endTimeUnixNano`)
  const events = listOf(span['events'], `${place}.events`).map((event, index) =>
    eventOf(event, `${place}.events[${index}]`, startMs),
  )
  return {
    traceId: idOf(span['traceId'], 32, `${place}.traceId`),
    spanId: idOf(span['spanId'], 16, `${place}.spanId`),
    parentId: parentId === undefined || parentId === '' ? undefined : idOf(parentId, 16, `${place}.parentSpanId`),
    service,
    instance,
    name: textOr(span['name'], 'unnamed'),
    kind: kindOf(span['kind']),
    startMs,
    endMs: Math.max(startMs, endMs),
    attributes: attributesOf(span['attributes'], place),
    links: listOf(span['links'], `${place}.links`).map((link, index) => linkOf(link, `${place}.links[${index}]`)),
    events,
    error: errorOf(span['status'], events, place),
  }
}

function linkOf(json: unknown, place: string): SpanLink {
  const { traceId, spanId } = objectOf(json, place)
  return { traceId: idOf(traceId, 32, `${place}.traceId`), spanId: idOf(spanId, 16, `${place}.spanId`) }
}

function eventOf(json: unknown, place: string, startMs: number): SpanEvent {
  const event = objectOf(json, place)
  const at = event['timeUnixNano']
  return {
    name: textOr(event['name'], 'unnamed'),
    atMs: at === undefined ? startMs : timeOf(at, `${place}.timeUnixNano`),
    attributes: attributesOf(event['attributes'], place),
  }
}

/** A number, as the protocol has it; some write its name. */
function kindOf(value: unknown): SpanKindName {
  if (typeof value === 'number') return kinds[value] ?? 'unspecified'
  const name = typeof value === 'string' ? value.replace(/^SPAN_KIND_/, '').toLowerCase() : ''
  return kinds.find((kind) => kind === name) ?? 'unspecified'
}

/** What the status says, or the exception that was noted, or else just that. */
function errorOf(status: unknown, events: readonly SpanEvent[], place: string): string | undefined {
  const { code, message } = objectOf(status ?? {}, `${place}.status`)
  if (code !== failed && code !== 'STATUS_CODE_ERROR') return undefined
  if (typeof message === 'string' && message !== '') return message
  for (const { attributes } of events) {
    const text = attributes['exception.message'] ?? attributes['exception.type']
    if (typeof text === 'string') return text
  }
  return 'failed'
}

function attributesOf(json: unknown, place: string): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const pair of listOf(json, `${place}.attributes`)) {
    const { key, value } = objectOf(pair, `${place}.attributes`)
    if (typeof key === 'string') attributes[key] = valueOf(value)
  }
  return attributes
}

/** Values of 64 bits are text in OTLP/JSON. What is of no interest here is left as it is. */
function valueOf(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return undefined
  const value = json as Readonly<Record<string, unknown>>
  if (value['intValue'] !== undefined) return Number(value['intValue'])
  if (value['doubleValue'] !== undefined) return Number(value['doubleValue'])
  return value['stringValue'] ?? value['boolValue'] ?? json
}

function timeOf(value: unknown, place: string): number {
  const isTime = (typeof value === 'string' && /^\d+$/.test(value)) || (typeof value === 'number' && value >= 0)
  if (!isTime) throw new OtlpError(`${place} is no time in nanoseconds`)
  return Number(value) / 1e6
}

function idOf(value: unknown, length: number, place: string): string {
  if (typeof value === 'string' && value.length === length && /^[0-9a-f]+$/i.test(value)) return value.toLowerCase()
  throw new OtlpError(`${place} is no id of ${length} hex digits`)
}

function objectOf(json: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw new OtlpError(`${place} is no object`)
}

/** A list that is not there is empty: so the protocol has it. */
function listOf(json: unknown, place: string): readonly unknown[] {
  if (json === undefined || json === null) return []
  if (Array.isArray(json)) return json
  throw new OtlpError(`${place} is no list`)
}

function textOr<Fallback extends string | undefined>(value: unknown, fallback: Fallback): string | Fallback {
  return typeof value === 'string' && value !== '' ? value : fallback
}
