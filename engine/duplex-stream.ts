import type { MessageReceiver } from './message-receiver.ts'
import type { MessageSender } from './message-sender.ts'
import type { MessageStream } from './message-stream.ts'

/** How the context under a stream takes part in its life. */
export interface StreamOwner {
  /** Something is about to be received. */
  open?(): Promise<void> | undefined
  /** The consumer leaves the stream. */
  leave(): Promise<void>
  /** This side sends no more. */
  stop(): Promise<void>
}

/** A message stream made of its two halves. */
export class DuplexStream<Receive, Send> implements MessageStream<Receive, Send> {
  readonly #receiver: MessageReceiver<Receive>
  readonly #sender: () => MessageSender
  readonly #owner: StreamOwner

  constructor(receiver: MessageReceiver<Receive>, sender: () => MessageSender, owner: StreamOwner) {
    this.#receiver = receiver
    this.#sender = sender
    this.#owner = owner
  }

  next(): Promise<IteratorResult<Receive, undefined>> {
    const opening = this.#owner.open?.()
    return opening === undefined ? this.#receiver.next() : opening.then(() => this.#receiver.next())
  }

  async return(): Promise<IteratorResult<Receive, undefined>> {
    await this.#owner.leave()
    return { value: undefined, done: true }
  }

  batches(): AsyncIterableIterator<readonly Receive[], undefined> {
    const leave = () => this.#owner.leave()
    const next = () => {
      const opening = this.#owner.open?.()
      return opening === undefined ? this.#receiver.nextBatch() : opening.then(() => this.#receiver.nextBatch())
    }
    return {
      next,
      async return() {
        await leave()
        return { value: undefined, done: true as const }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  send(item: Send): Promise<void> {
    try {
      return this.#sender().send(item)
    } catch (error) {
      // There is nothing to send on, or not yet.
      return Promise.try(() => {
        throw error
      })
    }
  }

  sendYield(item: Send): Promise<void> {
    return this.send(item)
  }

  close(): Promise<void> {
    return this.#owner.stop()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner.leave()
  }
}
