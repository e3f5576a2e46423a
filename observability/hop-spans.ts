import type { Hop } from '../engine/index.ts'

/**
 * What becomes of the sampled items of an actor: the two spans of each hop. What `received` gives out is held by the task
 * that has the item, and comes back as `held`. None of it waits or throws.
 */
export interface HopSpans {
  /**
   * An item leaves: the span of that is a child of the held item's, or the first of a trace where none is held. Returns the
   * traceparent to send along; undefined if it is not recorded.
   */
  sent(hop: Hop, held: unknown): string | undefined
  /** An item has come. Undefined if its trace is not to be followed. */
  received(hop: Hop, traceparent: string): object | undefined
  /** The item that was received has been dealt with, or failed with `error`. */
  done(held: unknown, error?: unknown): void
}
