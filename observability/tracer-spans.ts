import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Hop, JoinedItems } from '../engine/index.ts'
import {
  attributeNames,
  createAttributes,
  createSpanName,
  type HopOperation,
  hopAttributes,
  hopSpanName,
} from './attributes.ts'
import type { HopSpans } from './hop-spans.ts'
import { isJoined } from './joined.ts'
import { LeftItems } from './left-items.ts'
import { sampledRoot } from './source-sampler.ts'
import { shortestSpanMs } from './span-clock.ts'
import { asError, errorType } from './thrown.ts'
import type { TraceContext } from './trace-context.ts'
import { areIds, spanContextOf, writeIds } from './trace-ids.ts'
import { isSampled } from './traceparent.ts'

/**
 * A sampled item in a task's hand: the span of its processing, and the context that makes other spans its children. The span is
 * begun when it is needed: before that, the item may have been pulled ahead of who deals with it.
 */
class HeldSpan implements TraceContext {
  readonly #begin: (held: HeldSpan) => Span
  #span: Span | undefined
  #context: Context | undefined
  around: Context = ROOT_CONTEXT
  isOver = false
  /** When it came to who deals with it. */
  startMs: number
  queueWaitMs = 0
  taken = false
  /** 0 while it is in hand. */
  endMs = 0
  done = false

  constructor(begin: (held: HeldSpan) => Span, startMs: number) {
    this.#begin = begin
    this.startMs = startMs
  }

  get hasBegun(): boolean {
    return this.#span !== undefined
  }

  get span(): Span {
    this.#span ??= this.#begin(this)
    return this.#span
  }

  get context(): Context {
    this.#context ??= trace.setSpan(this.around, this.span)
    return this.#context
  }

  set context(context: Context) {
    this.#context = context
  }
}

interface SpanDescription {
  readonly name: string
  readonly options: { readonly kind: SpanKind; readonly attributes: Attributes }
}

/** The spans of hops as any tracer makes them, for any exporter. */
export function createTracerSpans(tracer: Tracer, pipeline?: string): HopSpans {
  const sends = describeOnce('send', pipeline)
  const processings = describeOnce('process', pipeline)
  const left = new LeftItems<HeldSpan>(end)

  /** A span that is over since then, and began with the wait before it. */
  function record(description: SpanDescription, held: unknown, more: Attributes, endMs: number, waitMs = 0): Span {
    const { name, options } = description
    const parent = isJoined(held) ? held.parent : held
    const joined = isJoined(held) ? joinedOptions(held) : { attributes: {} }
    const attributes = { ...options.attributes, ...joined.attributes, ...more }
    const endTime = performance.timeOrigin + endMs
    const all = { ...options, ...joined, attributes, startTime: endTime - Math.max(waitMs, shortestSpanMs) }
    const span = tracer.startSpan(name, all, parent instanceof HeldSpan ? parent.context : sampledRoot)
    span.end(endTime)
    return span
  }

  function end(held: HeldSpan): void {
    held.done = true
    held.span.setAttribute(attributeNames.handlerMs, held.endMs - held.startMs)
    held.span.end(performance.timeOrigin + held.endMs)
  }

  return {
    sent(hop, held, departure) {
      const parent = isJoined(held) ? held.parent : held
      // The stream may have stood longer than the item was there to be sent.
      const sentMs = departure.sentMs === 0 ? performance.now() : departure.sentMs
      const limitMs = parent instanceof HeldSpan ? sentMs - parent.startMs : Infinity
      const waitMs = Math.min(departure.creditWaitMs, limitMs)
      const measured = {
        [attributeNames.itemNumber]: departure.itemNumber,
        [attributeNames.creditWaitMs]: waitMs,
      }
      const context = record(sends(hop), held, measured, sentMs, waitMs).spanContext()
      writeIds(context, departure)
      return isSampled(context)
    },

    created(actor, held) {
      const options = { kind: SpanKind.PRODUCER, attributes: createAttributes(actor, pipeline) }
      const span = record({ name: createSpanName(actor), options }, held, {}, performance.now())
      const created = new HeldSpan(() => span, performance.now())
      created.done = true
      return isSampled(created.span.spanContext()) ? created : undefined
    },

    received(hop, arrival) {
      if (!areIds(arrival)) return undefined
      const { name, options } = processings(hop)
      const { itemNumber, arrivedMs } = arrival
      const sender = { ...spanContextOf(arrival), isRemote: true }
      const begin = ({ startMs, queueWaitMs }: HeldSpan): Span => {
        const attributes = {
          ...options.attributes,
          [attributeNames.itemNumber]: itemNumber,
          [attributeNames.queueWaitMs]: queueWaitMs,
        }
        const startTime = performance.timeOrigin + startMs
        return tracer.startSpan(name, { ...options, attributes, startTime }, trace.setSpanContext(ROOT_CONTEXT, sender))
      }
      const held = new HeldSpan(begin, performance.now())
      held.queueWaitMs = held.startMs - arrivedMs
      return held
    },

    taken(held) {
      // Whoever needed its span had it in hand already.
      if (!(held instanceof HeldSpan) || held.done || held.taken || held.hasBegun) return
      const nowMs = performance.now()
      held.taken = true
      held.queueWaitMs += nowMs - held.startMs
      held.startMs = nowMs
    },

    standIn(context) {
      const span = trace.getSpan(context)
      if (span === undefined) throw new TypeError('there is no span that an item could stand for')
      const held = new HeldSpan(() => span, performance.now())
      held.context = context
      held.done = true
      return held
    },

    dropped(held) {
      if (held instanceof HeldSpan && !held.done) held.span.setAttribute(attributeNames.itemDropped, true)
    },

    left(held) {
      if (!(held instanceof HeldSpan) || held.done) return
      left.finishOld()
      held.endMs = performance.now()
      left.add(held)
    },

    done(held, error, cancelled) {
      if (!(held instanceof HeldSpan) || held.done) return
      if (held.endMs > 0) left.delete(held)
      else held.endMs = performance.now()
      if (error !== undefined && cancelled === true) recordCancellation(held.span, asError(error))
      else if (error !== undefined) recordError(held.span, asError(error))
      end(held)
    },

    close: () => left.finishAll(),
  }
}

function joinedOptions({ contributors, contributorCount }: JoinedItems): { links: Link[]; attributes: Attributes } {
  const links = contributors.filter((item) => item instanceof HeldSpan).map((item) => item.span.spanContext())
  return {
    links: links.map((context) => ({ context })),
    attributes: { [attributeNames.contributorCount]: contributorCount },
  }
}

/** A stream's hop is one object for all of its items, so its span is described once. */
function describeOnce(operation: HopOperation, pipeline: string | undefined): (hop: Hop) => SpanDescription {
  const kind = operation === 'send' ? SpanKind.PRODUCER : SpanKind.CONSUMER
  const known = new WeakMap<Hop, SpanDescription>()
  return (hop) => {
    let description = known.get(hop)
    if (description === undefined) {
      const attributes = hopAttributes(hop, operation, pipeline)
      description = { name: hopSpanName(hop, operation), options: { kind, attributes } }
      known.set(hop, description)
    }
    return description
  }
}

function recordCancellation(span: Span, reason: Error): void {
  span.setAttributes({ [attributeNames.cancelled]: true, [attributeNames.cancelReason]: reason.message })
}

function recordError(span: Span, error: Error): void {
  span.setAttribute(attributeNames.errorType, errorType(error))
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}
