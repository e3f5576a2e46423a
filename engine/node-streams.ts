import { Readable } from 'node:stream'
import { Feed } from './feed.ts'

/** How a Node stream is made of a sequence. */
export interface NodeReadableOptions {
  /** Whether the stream gives the items as they are (the default). Without, it gives bytes, and the items are strings or byte arrays. */
  readonly objectMode?: boolean
  /** How many items, or bytes, the stream may hold itself; by default what is Node's default. */
  readonly highWaterMark?: number
}

/**
 * Makes a Node stream of a sequence. Nothing is read before the stream is, and no more than it has room for. Destroying the
 * stream leaves the sequence; it emits `close` when that is closed. An error of the sequence is the stream's, unchanged.
 */
export function toNodeReadable(sequence: AsyncIterable<unknown>, options: NodeReadableOptions = {}): Readable {
  return new SequenceReadable(sequence, options)
}

class SequenceReadable extends Readable {
  readonly #feed: Feed<unknown>
  #items: readonly unknown[] = []
  #index = 0
  #filling = false
  #wanted = false
  // The error of the sequence, while the items before it have not all been read: destroying the stream drops them.
  #failure: Error | undefined

  constructor(sequence: AsyncIterable<unknown>, options: NodeReadableOptions) {
    super({ objectMode: true, ...options })
    this.#feed = new Feed(sequence)
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#filling) void this.#fill()
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    const isDrained = this.readableLength === 0 || (chunk === null && size !== 0)
    if (this.#failure !== undefined && isDrained) this.destroy(this.#failure)
    return chunk
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    void this.#close(error, callback)
  }

  async #close(error: Error | null, callback: (error?: Error | null) => void): Promise<void> {
    let failure: Error | null = null
    try {
      await this.#feed.leave()
    } catch (leaving) {
      failure = leaving as Error
    }
    callback(error ?? failure)
  }

  /** Hands over items for as long as they are wanted; a reader may want more while it is handed one. */
  async #fill(): Promise<void> {
    this.#filling = true
    try {
      while (this.#wanted && !this.destroyed) {
        if (this.#index < this.#items.length) {
          this.#wanted = false
          const hasRoom = this.push(this.#check(this.#items[this.#index++]))
          this.#wanted ||= hasRoom
          continue
        }
        const items = await this.#feed.read()
        if (this.destroyed) return
        if (items === undefined) {
          this.push(null)
          return
        }
        this.#items = items
        this.#index = 0
      }
    } catch (error) {
      if (this.readableLength === 0) this.destroy(error as Error)
      else this.#failure = error as Error
    } finally {
      this.#filling = false
    }
  }

  /** To a Node stream, some values say something else than what they are. */
  #check(item: unknown): unknown {
    if (this.readableObjectMode ? item !== null : typeof item === 'string' || item instanceof Uint8Array) return item
    const what = item === null ? 'null' : typeof item
    throw new TypeError(
      this.readableObjectMode
        ? 'a Node stream cannot carry null, which would be its end'
        : `a Node stream of bytes takes strings and byte arrays, not ${what}`,
    )
  }
}

/**
 * Makes a sequence of a Node stream; `T` is what the stream gives. The stream is read as the sequence is. Leaving the
 * sequence destroys the stream and waits until it is closed. An error of the stream is thrown unchanged; one that is
 * destroyed before its end throws Node's `ERR_STREAM_PREMATURE_CLOSE`.
 */
export function fromNodeReadable<T = Buffer>(readable: Readable): AsyncIterableIterator<T, undefined> {
  return new ReadableItems<T>(readable)
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

class ReadableItems<T> implements AsyncIterableIterator<T, undefined> {
  readonly #readable: Readable
  #items: AsyncIterator<T> | undefined
  #leaving: Promise<void> | undefined
  #closingError: { readonly error: unknown } | undefined

  constructor(readable: Readable) {
    this.#readable = readable
    // From now on an error is told to whoever reads, even one that comes before the first item is asked for.
    readable.on('error', (error) => {
      if (this.#leaving !== undefined) this.#closingError = { error }
    })
  }

  /** Waits for the next chunk. */
  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#leaving !== undefined) return DONE
    try {
      this.#items ??= this.#readable[Symbol.asyncIterator]() as AsyncIterator<T>
      const result = await this.#items.next()
      return result.done === true || this.#leaving !== undefined ? DONE : result
    } catch (error) {
      if (this.#leaving !== undefined) return DONE
      throw error
    }
  }

  /** Destroys the stream and waits until it is closed. Throws what fails in that. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#leaving ??= this.#leave()
    await this.#leaving
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #leave(): Promise<void> {
    // Not through Node's iterator: while that waits for an item it could not be left.
    if (!this.#readable.closed) {
      const closed = new Promise((resolve) => this.#readable.once('close', resolve))
      this.#readable.destroy()
      await closed
    }
    await this.#items?.return?.()
    if (this.#closingError !== undefined) throw this.#closingError.error
  }
}
