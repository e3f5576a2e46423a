/** A span as it is posted: its ids in hex, its times in nanoseconds. */
export interface PostedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string | undefined
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly flags: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code: number; readonly message: string } | undefined
}

export interface PostedRequest {
  readonly resource: Readonly<Record<string, unknown>>
  readonly scope: {
    readonly name: string
    readonly version: string | undefined
    readonly schemaUrl: string | undefined
  }
  readonly spans: readonly PostedSpan[]
}

type Value = bigint | Buffer
type Message = ReadonlyMap<number, readonly Value[]>

/** Reads an ExportTraceServiceRequest, as one request for each scope. */
export function readRequests(body: Uint8Array): PostedRequest[] {
  return all(message(body), 1).flatMap((each) => {
    const resourceSpans = message(each)
    const resource = attributes(message(only(resourceSpans, 1)), 1)
    return all(resourceSpans, 2).map((bytes) => {
      const scopeSpans = message(bytes)
      const spans = all(scopeSpans, 2).map((span) => readSpan(message(span)))
      const named = message(only(scopeSpans, 1))
      const scope = {
        name: text(named, 1),
        version: all(named, 2)[0]?.toString(),
        schemaUrl: all(scopeSpans, 3)[0]?.toString(),
      }
      return { resource, scope, spans }
    })
  })
}

/** Reads an ExportTraceServiceRequest of one scope, by opentelemetry/proto/trace/v1/trace.proto. */
export function readRequest(body: Uint8Array): PostedRequest {
  const [request, ...more] = readRequests(body)
  if (request === undefined || more.length > 0) throw new Error(`${more.length + 1} scopes instead of one`)
  return request
}

/** Reads spans as they are inside their scope. */
export function readSpans(bytes: Uint8Array): PostedSpan[] {
  return all(message(bytes), 2).map((span) => readSpan(message(span)))
}

function readSpan(span: Message): PostedSpan {
  const status = all(span, 15)[0]
  return {
    traceId: only(span, 1).toString('hex'),
    spanId: only(span, 2).toString('hex'),
    traceState: all(span, 3)[0]?.toString(),
    parentSpanId: all(span, 4)[0]?.toString('hex'),
    name: text(span, 5),
    kind: int(span, 6),
    startNs: only(span, 7).readBigUInt64LE(),
    endNs: only(span, 8).readBigUInt64LE(),
    flags: only(span, 16).readUInt32LE(),
    attributes: attributes(span, 9),
    events: all(span, 11).map((bytes) => {
      const event = message(bytes)
      return { name: text(event, 2), attributes: attributes(event, 3) }
    }),
    links: all(span, 13).map((bytes) => {
      const link = message(bytes)
      return { traceId: only(link, 1).toString('hex'), spanId: only(link, 2).toString('hex') }
    }),
    status: status === undefined ? undefined : { code: int(message(status), 3), message: text(message(status), 2) },
  }
}

function attributes(owner: Message, number: number): Record<string, unknown> {
  return Object.fromEntries(
    all(owner, number).map((bytes) => {
      const pair = message(bytes)
      return [text(pair, 1), value(message(only(pair, 2)))]
    }),
  )
}

function value(any: Message): unknown {
  if (any.has(1)) return text(any, 1)
  if (any.has(2)) return int(any, 2) === 1
  if (any.has(3)) return Number(BigInt.asIntN(64, any.get(3)?.[0] as bigint))
  if (any.has(4)) return only(any, 4).readDoubleLE()
  return all(message(only(any, 5)), 1).map((bytes) => value(message(bytes)))
}

function message(bytes: Uint8Array): Message {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields = new Map<number, Value[]>()
  let at = 0
  const varint = (): bigint => {
    let result = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(buffer.readUInt8(at++))
      result |= (byte & 0x7fn) << shift
      if (byte < 0x80n) return result
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > buffer.length) throw new RangeError('a field is longer than its message')
    at += length
    return buffer.subarray(at - length, at)
  }
  const lengths = { 1: () => 8, 2: () => Number(varint()), 5: () => 4 }
  while (at < buffer.length) {
    const tag = Number(varint())
    const type = tag & 7
    const field = type === 0 ? varint() : take(lengths[type as 1 | 2 | 5]())
    fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), field])
  }
  return fields
}

function all(owner: Message, number: number): Buffer[] {
  return (owner.get(number) ?? []) as Buffer[]
}

function only(owner: Message, number: number): Buffer {
  const [field, ...more] = all(owner, number)
  if (field === undefined || more.length > 0) throw new Error(`field ${number} is there ${more.length} times too often`)
  return field
}

function text(owner: Message, number: number): string {
  return all(owner, number)[0]?.toString() ?? ''
}

function int(owner: Message, number: number): number {
  return Number(owner.get(number)?.[0] ?? 0n)
}
