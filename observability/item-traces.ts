import {
  type Baggage,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import type { ActorId, Headers, Hop, ItemArrival, ItemDeparture } from '../engine/index.ts'
import { spanOf } from './followed-span.ts'
import type { HopSpans } from './hop-spans.ts'
import type { ItemContexts } from './item-contexts.ts'
import { isJoined } from './joined.ts'
import { contextFrom } from './propagators.ts'
import { isTraceContext } from './trace-context.ts'
import { isSampled } from './traceparent.ts'

// Nothing shorter has anything behind it.
const traceparentLength = 55
const baggagePropagator = new W3CBaggagePropagator()

/**
 * What travels with the items that are followed: the trace, and the baggage of whoever began it. Of all the spans that user
 * code makes, this sees to it that those around the sending of an item are its parents.
 */
export class ItemTraces {
  readonly #spans: HopSpans
  readonly #contexts: ItemContexts
  // One for each span that items are sent in, rather than for each item.
  readonly #standIns = new WeakMap<Span, object>()
  // Baggage as it travels. Most programs have none, and most that have some have one of them for many items.
  readonly #written = new WeakMap<Baggage, string>()
  // Nobody who has none is to pay for looking.
  #carriesBaggage = false

  constructor(spans: HopSpans, contexts: ItemContexts) {
    this.#spans = spans
    this.#contexts = contexts
  }

  /** Whose child an item is: of the span that the code has entered, if that is the latest thing it did; else `held`. */
  parentOf(held: unknown): unknown {
    const context = this.#contexts.entered
    const span = context === undefined ? undefined : spanOf(context)
    if (context === undefined || span === undefined) return held
    // Somebody's trace that is not followed, and an item that begins in it.
    if (!isSampled(span)) return held ?? null
    return this.#standInFor(context)
  }

  #standInFor(context: Context): object {
    const span = trace.getSpan(context) as Span
    const known = this.#standIns.get(span)
    if (isTraceContext(known) && known.context === context) return known
    const standIn = this.standIn(context)
    this.#standIns.set(span, standIn)
    return standIn
  }

  /** What an item is held as whose processing is the span of that context. */
  standIn(context: Context): object {
    this.#carriesBaggage ||= propagation.getBaggage(context) !== undefined
    return this.#spans.standIn(context)
  }

  continue(headers: Headers): unknown {
    const context = contextFrom(headers)
    const span = spanOf(context)
    if (span === undefined) return undefined
    return isSampled(span) ? this.standIn(context) : null
  }

  send(hop: Hop, parent: unknown, departure: ItemDeparture | undefined): string | undefined {
    const traceparent = this.#spans.sent(hop, parent, departure)
    if (!this.#carriesBaggage || traceparent === undefined) return traceparent
    const baggage = baggageOf(parent)
    return baggage === undefined ? traceparent : `${traceparent} ${this.#write(baggage)}`.trimEnd()
  }

  #write(baggage: Baggage): string {
    let text = this.#written.get(baggage)
    if (text === undefined) {
      const headers: { baggage?: string } = {}
      baggagePropagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers, defaultTextMapSetter)
      text = headers.baggage ?? ''
      this.#written.set(baggage, text)
    }
    return text
  }

  create(actor: ActorId, parent: unknown): object | undefined {
    const created = this.#spans.created(actor, parent)
    const baggage = this.#carriesBaggage ? baggageOf(parent) : undefined
    if (baggage !== undefined && isTraceContext(created)) {
      created.context = propagation.setBaggage(created.context, baggage)
    }
    return created
  }

  receive(hop: Hop, traceContext: string, arrival: ItemArrival | undefined): object | undefined {
    // Whatever a peer may have sent.
    const end = typeof traceContext === 'string' ? traceContext.indexOf(' ', traceparentLength) : -1
    if (end < 0) return this.#spans.received(hop, traceContext, arrival)
    const held = this.#spans.received(hop, traceContext.slice(0, end), arrival)
    if (isTraceContext(held)) {
      this.#carriesBaggage = true
      const carrier = { baggage: traceContext.slice(end + 1) }
      held.context = baggagePropagator.extract(held.context, carrier, defaultTextMapGetter)
    }
    return held
  }
}

/** What an item that was made of several carries along is that of its parent. */
function baggageOf(held: unknown): Baggage | undefined {
  const parent = isJoined(held) ? held.parent : held
  return isTraceContext(parent) ? propagation.getBaggage(parent.context) : undefined
}
