import type { Attributes, SpanContext, SpanKind, SpanStatus, SpanStatusCode } from '@opentelemetry/api'
import { attributeNames, type MeasuredNames } from './attributes.ts'
import type { InstrumentationScope } from './instrumentation-scope.ts'
import {
  doubleField,
  type Field,
  fixed32Field,
  fixed64Field,
  intField,
  lengthPrefix,
  messageField,
  openIntField,
  paddedBytes,
  textField,
} from './protobuf.ts'
import { errorType, exceptionAttributes } from './thrown.ts'

// The numbers of fields and flags here are those of opentelemetry/proto/trace/v1/trace.proto, and of what it imports.

const flagBits = { sampled: 0x001, knowsIfParentIsRemote: 0x100, parentIsRemote: 0x200 } as const

const idsAndTimes = [
  messageField(1, new Uint8Array(16)),
  messageField(2, new Uint8Array(8)),
  fixed64Field(7, new Uint8Array(8)),
  fixed64Field(8, new Uint8Array(8)),
]
const parentSpanId = messageField(4, new Uint8Array(8))

/** A whole span as it is sent, but for the ids and times, which begin at these places of it. */
export interface SpanTemplate {
  readonly bytes: Uint8Array
  readonly traceIdAt: number
  readonly spanIdAt: number
  readonly startAt: number
  readonly endAt: number
  /** 0 if it has no parent. */
  readonly parentIdAt: number
  readonly measured: MeasuredPlaces | undefined
  /** What it was made of. */
  readonly shape: SpanShape
  readonly more: readonly Field[]
}

/** Where the attributes begin that differ from span to span. */
export interface MeasuredPlaces {
  readonly numberAt: number
  readonly waitAt: number
  /** 0 if it has none. */
  readonly durationAt: number
}

export interface SpanShape {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  /** Undefined for the first span of a trace. */
  readonly parent: 'local' | 'remote' | undefined
  readonly measured?: MeasuredNames
}

/** What all spans of one shape have in common. `more` is what one of them has in addition. */
export function spanTemplate(shape: SpanShape, ...more: Field[]): SpanTemplate {
  const { name, kind, attributes, parent, measured } = shape
  const remote = parent === 'remote' ? flagBits.parentIsRemote : 0
  const open = measured === undefined ? undefined : measuredFields(measured)
  const fields = Buffer.concat([
    ...idsAndTimes,
    ...(parent === undefined ? [] : [parentSpanId]),
    ...(open === undefined ? [] : [open.bytes]),
    textField(5, name),
    // The kinds of the API are counted from 0, where the protocol has one that is unspecified.
    intField(6, kind + 1),
    ...attributeFields(9, attributes),
    fixed32Field(16, flagBits.sampled | flagBits.knowsIfParentIsRemote | remote),
    ...more,
  ])
  const bytes = messageField(2, fields)
  const at = bytes.length - fields.length
  const openAt = at + (parent === undefined ? 46 : 56)
  return {
    bytes,
    traceIdAt: at + 2,
    spanIdAt: at + 20,
    startAt: at + 29,
    endAt: at + 38,
    parentIdAt: parent === undefined ? 0 : at + 48,
    measured: open && {
      numberAt: openAt + open.numberAt,
      waitAt: openAt + open.waitAt,
      durationAt: open.durationAt === 0 ? 0 : openAt + open.durationAt,
    },
    shape,
    more,
  }
}

/** The same with more in it. */
export function longerTemplate({ shape, more }: SpanTemplate, ...added: Field[]): SpanTemplate {
  return spanTemplate(shape, ...more, ...added)
}

function measuredFields({ number, wait, duration }: MeasuredNames): MeasuredPlaces & { readonly bytes: Field } {
  // Of each the value comes last.
  const fields = [
    messageField(9, textField(1, number), messageField(2, openIntField(3))),
    messageField(9, textField(1, wait), messageField(2, doubleField(4, 0))),
    ...(duration === undefined ? [] : [messageField(9, textField(1, duration), messageField(2, doubleField(4, 0)))]),
  ]
  const bytes = Buffer.concat(fields)
  const numberEnd = fields[0]?.length ?? 0
  const waitEnd = numberEnd + (fields[1]?.length ?? 0)
  return {
    bytes,
    numberAt: numberEnd - paddedBytes,
    waitAt: waitEnd - 8,
    durationAt: duration === undefined ? 0 : bytes.length - 8,
  }
}

/** The attributes that one span has and others of its shape do not. */
export function moreAttributes(attributes: Attributes): Field {
  return Buffer.concat(attributeFields(9, attributes))
}

/** Ids of another span, as four and two numbers of four bytes. */
export interface SpanLink {
  readonly trace: readonly [number, number, number, number]
  readonly span: readonly [number, number]
}

/** What a span has in addition that comes of several others. */
export function linkFields(links: readonly SpanLink[], contributorCount: number): Field {
  const fields = links.map(({ trace, span }) =>
    messageField(
      13,
      messageField(1, idBytes(trace)),
      messageField(2, idBytes(span)),
      fixed32Field(6, flagBits.sampled),
    ),
  )
  return Buffer.concat([moreAttributes({ [attributeNames.contributorCount]: contributorCount }), ...fields])
}

function idBytes(parts: readonly number[]): Field {
  const bytes = Buffer.alloc(parts.length * 4)
  for (const [i, part] of parts.entries()) bytes.writeInt32BE(part, i * 4)
  return bytes
}

/** What a span that failed has in addition: its status, and the error as an event. */
export function failureFields(status: SpanStatusCode, error: Error, time: Uint8Array): Field {
  return Buffer.concat([
    moreAttributes({ [attributeNames.errorType]: errorType(error) }),
    eventField('exception', exceptionAttributes(error), time),
    statusField({ code: status, message: error.message }),
  ])
}

/** What a span of a trace that has a state has in addition, as in the header `tracestate`. */
export function traceStateField(traceState: string): Field {
  return textField(3, traceState)
}

export function eventField(name: string, attributes: Attributes, time: Uint8Array): Field {
  return messageField(11, fixed64Field(1, time), textField(2, name), ...attributeFields(3, attributes))
}

export function statusField({ code, message }: SpanStatus): Field {
  return messageField(15, ...(message === undefined ? [] : [textField(2, message)]), intField(3, code))
}

export function linkField({ traceId, spanId, traceFlags }: SpanContext, attributes: Attributes): Field {
  return messageField(
    13,
    messageField(1, Buffer.from(traceId, 'hex')),
    messageField(2, Buffer.from(spanId, 'hex')),
    ...attributeFields(4, attributes),
    fixed32Field(6, traceFlags),
  )
}

/** Whose spans they are. */
export interface SpanOrigin {
  readonly resource: Attributes
  readonly scope: InstrumentationScope
}

/** Returns what makes a request of spans that fill so many bytes: what is to come before them. */
export function requestStart({ resource, scope }: SpanOrigin): (spansLength: number) => Field {
  const resourceField = messageField(1, ...attributeFields(1, resource))
  const { name, version, schemaUrl } = scope
  const scopeField = Buffer.concat([
    messageField(1, textField(1, name), textField(2, version)),
    textField(3, schemaUrl),
  ])
  return (spansLength) => {
    const scopeSpans = Buffer.concat([lengthPrefix(2, scopeField.length + spansLength), scopeField])
    const resourceSpans = Buffer.concat([resourceField, scopeSpans])
    return Buffer.concat([lengthPrefix(1, resourceSpans.length + spansLength), resourceSpans])
  }
}

function attributeFields(number: number, attributes: Attributes): Field[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => messageField(number, textField(1, key), messageField(2, valueField(value))))
}

/** Texts, numbers, truth values and lists of them; the names and places of actors are nothing else. */
function valueField(value: unknown): Field {
  if (typeof value === 'boolean') return intField(2, value ? 1 : 0)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? intField(3, value) : doubleField(4, value)
  if (Array.isArray(value)) return messageField(5, ...value.map((each) => messageField(1, valueField(each))))
  return textField(1, String(value))
}
