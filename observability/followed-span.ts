import { type Attributes, type Context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Details, Followed, Headers, Outcome } from '../engine/index.ts'
import { attributeNames } from './attributes.ts'
import { UnfollowedItem } from './tentative-item.ts'
import { asError, errorType } from './thrown.ts'
import type { TraceContext } from './trace-context.ts'

/** What it means for items and further calls that something is followed. */
export interface FollowedOptions {
  readonly itemTrace?: unknown
  readonly headers?: Headers
}

/** Something of the engine's that is followed, as a span of the SDK's. */
export class FollowedSpan implements Followed, TraceContext {
  readonly context: Context
  readonly itemTrace: unknown
  readonly headers?: Headers
  readonly #span: Span
  #ended = false

  /** @param context what code that belongs to it runs in: the span is the active one there. */
  constructor(span: Span, context: Context, { itemTrace, headers }: FollowedOptions = {}) {
    this.#span = span
    this.context = context
    this.itemTrace = itemTrace
    if (headers !== undefined) this.headers = headers
  }

  get trace(): this {
    return this
  }

  get traceId(): string {
    return this.#span.spanContext().traceId
  }

  event(name: string, details: Details = {}): void {
    this.#span.addEvent(name, { ...details })
  }

  ended({ error, cancelled, itemsIn, itemsOut }: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    const counts: Attributes = {
      ...(itemsIn !== undefined && { [attributeNames.itemsIn]: itemsIn }),
      ...(itemsOut !== undefined && { [attributeNames.itemsOut]: itemsOut }),
      ...(cancelled === true && { [attributeNames.cancelled]: true }),
    }
    this.#span.setAttributes(counts)
    if (error !== undefined) this.#fail(asError(error))
    this.#span.end()
  }

  #fail(error: Error): void {
    this.#span.recordException(error)
    this.#span.setAttribute(attributeNames.errorType, errorType(error))
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  }
}

/** A call that belongs to a trace which is not followed: neither is what comes of it. */
export class Unfollowed implements Followed, TraceContext {
  readonly context: Context
  readonly itemTrace: UnfollowedItem

  constructor(context: Context) {
    this.context = context
    this.itemTrace = new UnfollowedItem(context)
  }

  get trace(): this {
    return this
  }

  event(): void {}

  ended(): void {}
}

/** The span that a context has, if that is one of a trace: followed or not. */
export function spanOf(context: Context): ReturnType<typeof trace.getSpanContext> {
  const span = trace.getSpanContext(context)
  return span !== undefined && trace.isSpanContextValid(span) ? span : undefined
}
