import { AsyncLocalStorage } from 'node:async_hooks'

type Batches<T> = AsyncIterable<readonly T[]>

/**
 * Reads a sequence for a stream: several items at a time from one that has `batches()`, as the streams of portals do.
 *
 * A stream is read whenever its reader likes, from any task. The sequence is read as if it were by whoever made the stream:
 * what cancels that task cancels the reading.
 */
export class Feed<T> {
  readonly #sequence: AsyncIterable<T>
  readonly #asMaker: <R>(fn: () => R) => R = AsyncLocalStorage.snapshot()
  #iterator: AsyncIterator<T | readonly T[]> | undefined
  readonly #hasBatches: boolean
  #ended = false
  #leaving: Promise<void> | undefined

  constructor(sequence: AsyncIterable<T>) {
    this.#sequence = sequence
    this.#hasBatches = 'batches' in sequence && typeof sequence.batches === 'function'
  }

  /** Waits for the next items, one or more of them; undefined at the end, and when the sequence was left meanwhile. */
  async read(): Promise<readonly T[] | undefined> {
    while (!this.#ended) {
      let result: IteratorResult<T | readonly T[], unknown>
      try {
        result = await this.#asMaker(() => this.#open().next())
      } catch (error) {
        if (this.#leaving !== undefined) break
        this.#ended = true
        throw error
      }
      if (this.#leaving !== undefined) break
      if (result.done === true) this.#ended = true
      else if (!this.#hasBatches) return [result.value as T]
      else if ((result.value as readonly T[]).length > 0) return result.value as readonly T[]
    }
    return undefined
  }

  /** Leaves the sequence, unless it has ended, and waits until it is closed. Throws what fails in that. */
  async leave(): Promise<void> {
    if (this.#ended) return
    this.#leaving ??= this.#asMaker(async () => void (await this.#open().return?.()))
    await this.#leaving
  }

  #open(): AsyncIterator<T | readonly T[]> {
    this.#iterator ??= this.#hasBatches
      ? (this.#sequence as unknown as { batches(): Batches<T> }).batches()[Symbol.asyncIterator]()
      : this.#sequence[Symbol.asyncIterator]()
    return this.#iterator
  }
}
