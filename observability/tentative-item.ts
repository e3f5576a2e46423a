import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import type { Hop, ItemArrival, Tentative } from '../engine/index.ts'
import type { TraceContext } from './trace-context.ts'
import { randomIds, spanContextOf } from './trace-ids.ts'

/** An item in a task's hand that is not sampled: it belongs to somebody's trace that is not followed, or to none at all. */
export class UnfollowedItem implements Tentative, TraceContext {
  readonly isTentative = true
  isOver = false
  #context: Context | undefined

  /** @param context that of the trace, where there is one. */
  constructor(context?: Context) {
    this.#context = context
  }

  get context(): Context {
    this.#context ??= unfollowed()
    return this.#context
  }

  // Nothing is told of it.
  begin(_index: number): void {}

  locate(_index: number | undefined): void {}
}

/** One of which a span is made if its processing fails. */
export class TentativeItem extends UnfollowedItem {
  readonly hop: Hop
  readonly #firstNumber: number
  readonly #arrivedMs: number
  /** Undefined if it is one of a batch, and not known which. */
  itemNumber: number | undefined
  startMs: number = performance.now()
  /** False if it is one of a batch, and the start is that of the batch. */
  isStartKnown = true
  /** True once it cannot fail any more. */
  done = false

  constructor(hop: Hop, arrival: ItemArrival) {
    super()
    this.hop = hop
    this.#firstNumber = arrival.itemNumber
    this.itemNumber = arrival.itemNumber
    this.#arrivedMs = arrival.arrivedMs
  }

  get queueWaitMs(): number {
    return this.startMs - this.#arrivedMs
  }

  override begin(index: number): void {
    this.itemNumber = this.#firstNumber + index
    this.isStartKnown = true
    this.startMs = performance.now()
  }

  override locate(index: number | undefined): void {
    this.itemNumber = index === undefined ? undefined : this.#firstNumber + index
    this.isStartKnown = false
  }
}

/** For code with an item that is not followed: a span that is not either, so that those of this code are no traces of their own. */
export function unfollowed(): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { ...spanContextOf(randomIds()), traceFlags: TraceFlags.NONE })
}
