import { attributeNames } from '../../../../observability/index.ts'

/** A span to be recorded, by as little as tells one from the next. */
export interface SpanDraft {
  /** Two hex digits or so; they are repeated up to the length of an id. */
  readonly trace: string
  readonly id: string
  readonly parent?: string
  /** `lines > words` is the sending of an item, `lines > words#2 !` its processing; anything else a span of somebody's. */
  readonly name: string
  /** In milliseconds since the beginning of the test's day. */
  readonly at: readonly [startMs: number, endMs: number]
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly links?: readonly (readonly [trace: string, id: string])[]
  readonly error?: string
}

/** The beginning of the test's day, in milliseconds since 1970. */
const dayMs = Date.UTC(2026, 0, 31)

/** A line of a recording, its end included. */
export function recordingLine(...drafts: readonly SpanDraft[]): string {
  const resourceSpans = drafts.map((draft) => {
    const { service, ...span } = spanOf(draft)
    const resource = { attributes: attributesOf({ 'service.name': service }) }
    return { resource, scopeSpans: [{ scope: { name: 'actorflow' }, spans: [span] }] }
  })
  return `${JSON.stringify({ resourceSpans })}\n`
}

export function traceId(short: string): string {
  return short.repeat(32).slice(0, 32)
}

function spanId(short: string): string {
  return short.repeat(16).slice(0, 16)
}

function spanOf({ trace, id, parent, name, at, attributes = {}, links = [], error }: SpanDraft) {
  const [, from = '', to = '', received] = /^(\S+) > (\S+)( !)?$/.exec(name) ?? []
  const isHop = from !== ''
  const [stage = '', index] = (received === undefined ? from : to).split('#')
  const [destination = ''] = to.split('#')
  const operation = received === undefined ? 'send' : 'process'
  const own = {
    ...(isHop
      ? {
          [attributeNames.operationType]: operation,
          [attributeNames.destinationName]: destination,
          [attributeNames.stage]: stage,
          ...(index === undefined ? {} : { [attributeNames.actorIndex]: Number(index) }),
        }
      : {}),
    ...attributes,
  }
  return {
    service: isHop ? `test.${stage}` : 'test',
    traceId: traceId(trace),
    spanId: spanId(id),
    ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
    name: isHop ? `${operation} ${destination}` : name,
    kind: isHop ? (operation === 'send' ? 4 : 5) : 1,
    startTimeUnixNano: nanoseconds(at[0]),
    endTimeUnixNano: nanoseconds(at[1]),
    attributes: attributesOf(own),
    links: links.map(([linkTrace, linkId]) => ({ traceId: traceId(linkTrace), spanId: spanId(linkId) })),
    status: error === undefined ? {} : { code: 2, message: error },
  }
}

function nanoseconds(ms: number): string {
  return String(BigInt(dayMs) * 1_000_000n + BigInt(Math.round(ms * 1_000_000)))
}

function attributesOf(attributes: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }))
}

function valueOf(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
