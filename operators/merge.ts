import { closeAll } from './close-all.ts'

/**
 * Merges several async sequences into one. All of them are pulled at the same time, each with at most one `next()` under way and at most one
 * item in hand, and none before the result is asked for its first item.
 *
 * Items are handed out in the order in which they arrive. An input whose item was handed out goes to the back, so inputs that are always
 * ready take turns and none is starved.
 *
 * An error of one input is thrown in its turn, after what had arrived before it and after the other inputs have been closed and have
 * answered. Leaving the result early closes all inputs and waits for them.
 */
export function merge<T>(...inputs: AsyncIterable<T>[]): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new Merging(inputs) }
}

/**
 * How many items are handed out before the event loop gets a turn. Without it an input that is always ready would keep the timers and
 * sockets behind the other inputs from ever being served.
 */
const ITEMS_PER_TURN = 64

type Arrival<T> = { kind: 'item'; from: AsyncIterator<T>; value: T } | { kind: 'error'; error: unknown }

class Merging<T> implements AsyncIterator<T, undefined> {
  #inputs: readonly AsyncIterable<T>[]
  /** The inputs that have not ended. */
  readonly #open = new Set<AsyncIterator<T>>()
  /** The open inputs with neither a `next()` under way nor an item in hand. */
  #idle: AsyncIterator<T>[] = []
  /** What has arrived, oldest first: no more than one for each input. */
  readonly #arrived: Arrival<T>[] = []
  #wakeUp: (() => void) | undefined
  #handedOutCount = 0
  #latest: Promise<unknown> = Promise.resolve()
  #callCount = 0
  #ended = false
  #closing: Promise<void> | undefined

  constructor(inputs: readonly AsyncIterable<T>[]) {
    this.#inputs = inputs
  }

  /** Waits until an item of any input has arrived. Calls made before an earlier one has settled take their turn. */
  next(): Promise<IteratorResult<T, undefined>> {
    const isAlone = this.#callCount++ === 0
    const result = isAlone ? this.#take() : this.#latest.then(this.#take, this.#take)
    this.#latest = result
    return result
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#close()
    return { done: true, value: undefined }
  }

  #take = async (): Promise<IteratorResult<T, undefined>> => {
    try {
      if (!this.#ended) this.#askIdle()
      if (this.#open.size > 1 && ++this.#handedOutCount % ITEMS_PER_TURN === 0) await turnOfTheEventLoop()
      while (!this.#ended) {
        const arrival = this.#arrived.shift()
        if (arrival?.kind === 'error') throw arrival.error
        if (arrival !== undefined) {
          this.#idle.push(arrival.from)
          return { done: false, value: arrival.value }
        }
        if (this.#open.size === 0) this.#ended = true
        else await new Promise<void>((resolve) => (this.#wakeUp = resolve))
      }
      return { done: true, value: undefined }
    } catch (error) {
      await this.#close().catch(() => {})
      throw error
    } finally {
      this.#callCount -= 1
    }
  }

  #askIdle(): void {
    for (const input of this.#inputs) this.#idle.push(this.#openInput(input))
    this.#inputs = []
    const idle = this.#idle
    this.#idle = []
    for (const input of idle) this.#ask(input)
  }

  #openInput(input: AsyncIterable<T>): AsyncIterator<T> {
    const iterator = input[Symbol.asyncIterator]()
    this.#open.add(iterator)
    return iterator
  }

  #ask(from: AsyncIterator<T>): void {
    const fail = (error: unknown): void => {
      this.#open.delete(from)
      this.#arrive({ kind: 'error', error })
    }
    try {
      // An iterator that answers with a plain result is against the rules, but `for await` takes it too.
      Promise.resolve(from.next()).then((result) => {
        if (!result.done) return this.#arrive({ kind: 'item', from, value: result.value })
        this.#open.delete(from)
        this.#arrive()
      }, fail)
    } catch (error) {
      fail(error)
    }
  }

  #arrive(arrival?: Arrival<T>): void {
    if (arrival !== undefined && !this.#ended) this.#arrived.push(arrival)
    this.#wakeUp?.()
    this.#wakeUp = undefined
  }

  #close(): Promise<void> {
    this.#ended = true
    this.#arrived.length = 0
    this.#closing ??= closeAll(this.#open)
    this.#arrive()
    return this.#closing
  }
}

function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
