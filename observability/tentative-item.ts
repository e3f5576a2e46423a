import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import type { Hop, ItemArrival, Tentative } from '../engine/index.ts'
import type { RandomIds } from './random-ids.ts'
import type { TraceContext } from './trace-context.ts'

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
  readonly #ids: RandomIds
  #context: Context | undefined

  constructor(hop: Hop, arrival: ItemArrival, ids: RandomIds) {
    this.hop = hop
    this.itemNumber = arrival.itemNumber
    this.queueWaitMs = this.startMs - arrival.arrivedMs
    this.#ids = ids
  }

  get context(): Context {
    this.#context ??= unfollowed(this.#ids)
    return this.#context
  }
}

/** For code with an item that is not followed: a span that is not either, so that those of this code are no traces of their own. */
export function unfollowed(ids: RandomIds): Context {
  const at = ids.take(24)
  const traceId = ids.hex(at, 16)
  const spanId = ids.hex(at + 16, 8)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE })
}
