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
import type { ActorId, Hop, ItemArrival, ItemDeparture, ReceivedHeaders } from '../engine/index.ts'
import { spanOf } from './followed-span.ts'
import type { HopSpans } from './hop-spans.ts'
import type { ItemContexts } from './item-contexts.ts'
import { isJoined } from './joined.ts'
import { contextFrom } from './propagators.ts'
import { UnfollowedItem } from './tentative-item.ts'
import { isTraceContext } from './trace-context.ts'
import { isSampled } from './traceparent.ts'

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

  continue(headers: ReceivedHeaders): unknown {
    const context = contextFrom(headers)
    const span = spanOf(context)
    if (span === undefined) return undefined
    return isSampled(span) ? this.standIn(context) : new UnfollowedItem(context)
  }

  /** False if the item is not followed after all. */
  send(hop: Hop, parent: unknown, departure: ItemDeparture): boolean {
    const baggage = this.#carriesBaggage ? baggageOf(parent) : undefined
    departure.baggage = baggage === undefined ? undefined : this.#write(baggage)
    return this.#spans.sent(hop, parent, departure)
  }

  /** Undefined if there is nothing in it. */
  #write(baggage: Baggage): string | undefined {
    let text = this.#written.get(baggage)
    if (text === undefined) {
      const headers: { baggage?: string } = {}
      baggagePropagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers, defaultTextMapSetter)
      text = headers.baggage ?? ''
      this.#written.set(baggage, text)
    }
    return text === '' ? undefined : text
  }

  create(actor: ActorId, parent: unknown): object | undefined {
    const created = this.#spans.created(actor, parent)
    const baggage = this.#carriesBaggage ? baggageOf(parent) : undefined
    if (baggage !== undefined && isTraceContext(created)) {
      created.context = propagation.setBaggage(created.context, baggage)
    }
    return created
  }

  receive(hop: Hop, arrival: ItemArrival): object | undefined {
    const held = this.#spans.received(hop, arrival)
    const { baggage } = arrival
    if (baggage !== undefined && isTraceContext(held)) {
      this.#carriesBaggage = true
      held.around = baggagePropagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter)
    }
    return held
  }
}

/** What an item that was made of several carries along is that of its parent. */
function baggageOf(held: unknown): Baggage | undefined {
  const parent = isJoined(held) ? held.parent : held
  return isTraceContext(parent) ? propagation.getBaggage(parent.context) : undefined
}
