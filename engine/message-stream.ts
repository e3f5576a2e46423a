import type { SubscribeOptions, Subscription } from './subscription.ts'

/**
 * The sequence of items inside a context. `Receive` is what comes out of it, `Send` what can be put in.
 */
export interface MessageStream<out Receive, in Send = never> extends AsyncIterableIterator<Receive, undefined> {
  /**
   * The next item, in order; waits for one. Rejects with the producer's error after every item before it, with
   * `ChannelBrokenError` if the peer vanished, or with the ambient cancellation.
   */
  next(): Promise<IteratorResult<Receive, undefined>>
  /**
   * Leaves the stream. For `portal.stream(...)`: cancels the producer and waits until its `finally` has run; one that is
   * shared goes on for its other subscribers.
   */
  return(): Promise<IteratorResult<Receive, undefined>>
  /** Whatever has arrived, an array at a time and never empty: the fast way for code that can take many items at once. */
  batches(): AsyncIterableIterator<readonly Receive[], undefined>
  /**
   * Takes part in the stream with a copy of its own: from now on each subscriber gets every item, and so does whoever
   * iterates the stream itself, as one more subscriber from its first `next()` on (and until it leaves). The fastest pulls
   * the stream, and a slow one holds nobody up unless it asks to: see `SubscribeOptions`. The last one to leave leaves the
   * stream, as `return()` does. After the end of the stream it gives an ended subscription. A `next()` of the stream itself
   * that waits already has no part in this: its item is its own, and its cancellation leaves the stream. Throws
   * `UsageError` for options that make no sense.
   */
  subscribe(options?: SubscribeOptions): Subscription<Receive>
  /** Sends an item the other way; waits while the peer grants no more. Rejects if the item cannot travel. */
  send(item: Send): Promise<void>
  /** The same as `send`. */
  sendYield(item: Send): Promise<void>
  /** This side is done sending; items may still come in. On a stream that only comes in, the same as `return()`. */
  close(): Promise<void>
  [Symbol.asyncIterator](): MessageStream<Receive, Send>
  [Symbol.asyncDispose](): Promise<void>
}
