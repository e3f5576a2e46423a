import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import type { Hop, ItemArrival, Tentative } from '../engine/index.ts'
import type { TraceContext } from './trace-context.ts'
import { randomIds, spanContextOf } from './trace-ids.ts'

/** An item in a task's hand that is not sampled, and of which a span is made only if its processing fails. */
export class TentativeItem implements Tentative, TraceContext {
  readonly isTentative = true
  readonly hop: Hop
  readonly itemNumber: number
  readonly queueWaitMs: number
  readonly startMs: number = performance.now()
  isOver = false
  /** True once it cannot fail any more. */
  done = false
  #context: Context | undefined

  constructor(hop: Hop, arrival: ItemArrival) {
    this.hop = hop
    this.itemNumber = arrival.itemNumber
    this.queueWaitMs = this.startMs - arrival.arrivedMs
  }

  get context(): Context {
    this.#context ??= unfollowed()
    return this.#context
  }
}

/** For code with an item that is not followed: a span that is not either, so that those of this code are no traces of their own. */
export function unfollowed(): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { ...spanContextOf(randomIds()), traceFlags: TraceFlags.NONE })
}
