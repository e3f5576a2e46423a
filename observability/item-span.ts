import {
  type Attributes,
  type AttributeValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api'
import { eventField, linkField, moreAttributes, statusField } from './otlp-messages.ts'
import type { Field } from './protobuf.ts'
import { asError, exceptionAttributes } from './thrown.ts'

// The SDK's own limits for a span.
const maxAttributeCount = 128
const maxEventCount = 128
const maxLinkCount = 128

interface ItemEvent {
  readonly name: string
  readonly attributes: Attributes
  /** By `performance.now()`. */
  readonly atMs: number
}

/**
 * The span of an item's processing as user code sees it. The span itself is made elsewhere, and ends with the item; this
 * keeps what is to be in it besides.
 */
export class ItemSpan implements Span {
  readonly #context: SpanContext
  readonly #attributes = new Map<string, AttributeValue>()
  readonly #events: ItemEvent[] = []
  readonly #links: Link[] = []
  #status: SpanStatus | undefined
  #isOver = false

  constructor(context: SpanContext) {
    this.#context = context
  }

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return !this.#isOver
  }

  setAttribute(key: string, value: AttributeValue): this {
    const hasRoom = this.#attributes.has(key) || this.#attributes.size < maxAttributeCount
    if (!this.#isOver && hasRoom) this.#attributes.set(key, value)
    return this
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value)
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#isOver || this.#events.length >= maxEventCount) return this
    const [attributes, at] = isTime(attributesOrTime) ? [{}, attributesOrTime] : [attributesOrTime ?? {}, time]
    this.#events.push({ name, attributes, atMs: at === undefined ? performance.now() : msOf(at) })
    return this
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.addEvent('exception', exceptionAttributes(asError(exception)), time)
  }

  addLink(link: Link): this {
    return this.addLinks([link])
  }

  addLinks(links: Link[]): this {
    const room = maxLinkCount - this.#links.length
    if (!this.#isOver && room > 0) this.#links.push(...links.slice(0, room))
    return this
  }

  setStatus(status: SpanStatus): this {
    if (!this.#isOver) this.#status = status
    return this
  }

  /** Its name says which hop it is of. */
  updateName(): this {
    return this
  }

  /** It ends with the item. */
  end(): void {}

  /** The item is over: what is to be in its span besides. `hasFailed` if that has a status already. */
  finish(hasFailed: boolean, writeTime: (ms: number) => Uint8Array): Field[] {
    this.#isOver = true
    const status = hasFailed || this.#status === undefined || this.#status.code === SpanStatusCode.UNSET
    return [
      ...(this.#attributes.size === 0 ? [] : [moreAttributes(Object.fromEntries(this.#attributes))]),
      ...this.#events.map(({ name, attributes, atMs }) => eventField(name, attributes, writeTime(atMs))),
      ...this.#links.map(({ context, attributes }) => linkField(context, attributes ?? {})),
      ...(status || this.#status === undefined ? [] : [statusField(this.#status)]),
    ]
  }
}

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || Array.isArray(value) || value instanceof Date
}

/** A time as OpenTelemetry takes it: since 1970 or the start of the process, in milliseconds or as seconds and nanoseconds. */
function msOf(time: TimeInput): number {
  if (Array.isArray(time)) return time[0] * 1_000 + time[1] / 1e6 - performance.timeOrigin
  const ms = Number(time)
  return ms < performance.timeOrigin ? ms : ms - performance.timeOrigin
}
