import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import { Feed } from './feed.ts'

/**
 * Makes a web stream of a sequence. Nothing is read before the stream is, and never ahead of its reader. Cancelling the
 * stream leaves the sequence, and `cancel()` resolves when that is closed. An error of the sequence is the stream's, unchanged.
 */
export function toWebStream<T>(sequence: AsyncIterable<T>): ReadableStream<T> {
  const feed = new Feed(sequence)
  const source = {
    async pull(controller: ReadableStreamDefaultController<T>): Promise<void> {
      const items = await feed.read()
      if (items !== undefined) for (const item of items) controller.enqueue(item)
      else if (!cancelled) controller.close()
    },
    async cancel(): Promise<void> {
      cancelled = true
      await feed.leave()
    },
  }
  let cancelled = false
  // It holds nothing itself: an error would drop what it holds, and only what a reader waits for is read.
  // The global one, which node loads at its first use.
  return new globalThis.ReadableStream<T>(source, { highWaterMark: 0 })
}

/**
 * Makes a sequence of a web stream, which is locked from the first item on. Leaving the sequence cancels the stream and
 * waits for that. An error of the stream is thrown unchanged.
 */
export function fromWebStream<T>(stream: ReadableStream<T>): AsyncIterableIterator<T, undefined> {
  return new WebStreamItems(stream)
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

class WebStreamItems<T> implements AsyncIterableIterator<T, undefined> {
  readonly #stream: ReadableStream<T>
  #reader: ReadableStreamDefaultReader<T> | undefined
  #failure: unknown
  #ended = false
  #leaving: Promise<void> | undefined

  constructor(stream: ReadableStream<T>) {
    this.#stream = stream
  }

  /** Waits for the next chunk. */
  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return DONE
    const reader = this.#open()
    try {
      const result = await reader.read()
      if (!result.done) return result
    } catch (error) {
      this.#end(reader)
      throw error
    }
    if (this.#leaving === undefined) this.#end(reader)
    return DONE
  }

  /** Cancels the stream and waits for that. Throws what fails in it. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#ended || this.#leaving !== undefined) {
      this.#leaving ??= this.#leave(this.#open())
      await this.#leaving
    }
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #leave(reader: ReadableStreamDefaultReader<T>): Promise<void> {
    this.#ended = true
    try {
      await reader.cancel()
    } catch (error) {
      // That the stream has failed is for whoever reads on; here it counts whether it is closed.
      if (error !== this.#failure) throw error
    } finally {
      reader.releaseLock()
    }
  }

  #open(): ReadableStreamDefaultReader<T> {
    if (this.#reader === undefined) {
      this.#reader = this.#stream.getReader()
      this.#reader.closed.catch((error: unknown) => {
        this.#failure = error
      })
    }
    return this.#reader
  }

  #end(reader: ReadableStreamDefaultReader<T>): void {
    this.#ended = true
    reader.releaseLock()
  }
}
