import type { PostedRequest, PostedSpan } from '../observability/otlp-request.ts'

interface JsonSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceState?: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly flags?: number
  readonly attributes?: readonly JsonAttribute[]
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly JsonAttribute[] }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

interface JsonAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface JsonBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonAttribute[] }
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string; readonly version?: string }
      readonly schemaUrl?: string
      readonly spans: readonly JsonSpan[]
    }[]
  }[]
}

/** Reads an ExportTraceServiceRequest in OTLP/JSON, as one request for each scope. */
export function readJsonRequests(text: string): PostedRequest[] {
  const { resourceSpans } = JSON.parse(text) as JsonBody
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.map(({ scope: { name, version }, schemaUrl, spans }) => ({
      resource: valuesOf(resource.attributes),
      scope: { name, version, schemaUrl },
      spans: spans.map(readSpan),
    })),
  )
}

function readSpan(span: JsonSpan): PostedSpan {
  const code = span.status?.code ?? 0
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState === '' ? undefined : span.traceState,
    parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    flags: span.flags ?? 0,
    attributes: valuesOf(span.attributes),
    events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    status: code === 0 ? undefined : { code, message: span.status?.message ?? '' },
  }
}

function valuesOf(attributes: readonly JsonAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]))
}

function readValue(value: Readonly<Record<string, unknown>>): unknown {
  if ('intValue' in value) return Number(value['intValue'])
  if ('arrayValue' in value) {
    const { values = [] } = value['arrayValue'] as { values?: Readonly<Record<string, unknown>>[] }
    return values.map(readValue)
  }
  return Object.values(value)[0]
}
