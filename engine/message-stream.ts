/**
 * The sequence of items inside a context. `Receive` is what comes out of it, `Send` what can be put in.
 */
export interface MessageStream<out Receive, in Send = never> extends AsyncIterableIterator<Receive, undefined> {
  /**
   * The next item, in order; waits for one. Rejects with the producer's error after every item before it, with
   * `ChannelBrokenError` if the peer vanished, or with the ambient cancellation.
   */
  next(): Promise<IteratorResult<Receive, undefined>>
  /** Leaves the stream. For `portal.stream(...)`: cancels the producer and waits until its `finally` has run. */
  return(): Promise<IteratorResult<Receive, undefined>>
  /** Whatever has arrived, an array at a time and never empty: the fast way for code that can take many items at once. */
  batches(): AsyncIterableIterator<readonly Receive[], undefined>
  /** Sends an item the other way; waits while the peer grants no more. Rejects if the item cannot travel. */
  send(item: Send): Promise<void>
  /** The same as `send`. */
  sendYield(item: Send): Promise<void>
  /** This side is done sending; items may still come in. On a stream that only comes in, the same as `return()`. */
  close(): Promise<void>
  [Symbol.asyncIterator](): MessageStream<Receive, Send>
  [Symbol.asyncDispose](): Promise<void>
}
