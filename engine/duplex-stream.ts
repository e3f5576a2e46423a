import { Broadcast } from './broadcast.ts'
import type { MessageReceiver } from './message-receiver.ts'
import type { MessageSender } from './message-sender.ts'
import type { MessageStream } from './message-stream.ts'
import { type SubscribeOptions, Subscriber, type Subscription } from './subscription.ts'

/** How the context under a stream takes part in its life. */
export interface StreamOwner {
  /**
   * Something is about to be received. Only the owner of a stream that is a call by itself has this: the call begins with
   * the first item asked for, and ends when the stream is left.
   */
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
  // Once there was a subscriber, all that comes in goes through here.
  #broadcast: Broadcast<Receive> | undefined
  #part: Subscriber<Receive> | undefined
  #isLooped = false

  constructor(receiver: MessageReceiver<Receive>, sender: () => MessageSender, owner: StreamOwner) {
    this.#receiver = receiver
    this.#sender = sender
    this.#owner = owner
  }

  next(): Promise<IteratorResult<Receive, undefined>> {
    if (this.#broadcast !== undefined) return this.#takePart(this.#broadcast).next()
    const opening = this.#owner.open?.()
    return opening === undefined ? this.#receiver.next() : opening.then(() => this.#receiver.next())
  }

  #nextBatch(): Promise<IteratorResult<readonly Receive[], undefined>> {
    const opening = this.#owner.open?.()
    return opening === undefined ? this.#receiver.nextBatch() : opening.then(() => this.#receiver.nextBatch())
  }

  async return(): Promise<IteratorResult<Receive, undefined>> {
    await this.#leave()
    return { value: undefined, done: true }
  }

  batches(): AsyncIterableIterator<readonly Receive[], undefined> {
    this.#loop()
    return {
      next: () => (this.#broadcast === undefined ? this.#nextBatch() : this.#takePart(this.#broadcast).nextBatch()),
      return: async () => {
        await this.#leave()
        return { value: undefined, done: true as const }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  subscribe(options?: SubscribeOptions): Subscription<Receive> {
    this.#broadcast ??= new Broadcast<Receive>({
      nextBatch: () => this.#nextBatch(),
      leave: () => this.#owner.leave(),
      endsWhenLeft: this.#owner.open !== undefined,
    })
    return new Subscriber(this.#broadcast, options)
  }

  /** Whoever iterates a stream that is shared is one of its subscribers. */
  #takePart(broadcast: Broadcast<Receive>): Subscriber<Receive> {
    this.#part ??= new Subscriber(broadcast)
    this.#part.isLooped = this.#isLooped
    return this.#part
  }

  #loop(): void {
    this.#isLooped = true
    this.#receiver.loop()
  }

  async #leave(): Promise<void> {
    const part = this.#part
    this.#part = undefined
    if (part !== undefined) await part.return()
    // Others go on with it; the last of them leaves it.
    else if (this.#broadcast === undefined || this.#broadcast.readerCount === 0) await this.#owner.leave()
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
    this.#loop()
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave()
  }
}
