import { withinGrace } from './grace.ts'
import { runInScope, type Scope } from './scope.ts'

/** What the reader of an input hears of it. */
export interface MapInputReader<T> {
  item(item: T): void
  /** It has ended; with an error if it failed. */
  ended(failure: { readonly error: unknown } | undefined): void
}

/**
 * The input of a map, read an item at a time and only when that is asked for: a synchronous one within the call, so that
 * none of its items is ever waited for or read ahead.
 */
export class MapInput<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>
  readonly #reader: MapInputReader<T>
  readonly #scope: Scope
  /** The `next()` that is under way. Settles when that does, and never rejects. */
  #asked: Promise<void> | undefined
  #reading = false
  #ended = false

  /** @param scope what its `next()` runs in: cancelled, it ends the waits of the engine that the input is in. */
  constructor(input: Iterable<T> | AsyncIterable<T>, reader: MapInputReader<T>, scope: Scope) {
    this.#iterator = runInScope(scope, () =>
      Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator](),
    )
    this.#reader = reader
    this.#scope = scope
  }

  /** True if it can be asked for an item now. */
  get ready(): boolean {
    return !this.#reading && !this.#ended
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Asks for the next item. */
  read(): void {
    this.#reading = true
    let result: IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>
    try {
      result = runInScope(this.#scope, () => this.#iterator.next())
    } catch (error) {
      this.#settled({ failure: { error } })
      return
    }
    if (!('then' in result)) {
      this.#settled({ result })
      return
    }
    this.#asked = result.then(
      (result) => this.#settled({ result }),
      (error: unknown) => this.#settled({ failure: { error } }),
    )
  }

  #settled(how: { result: IteratorResult<T, unknown> } | { failure: { readonly error: unknown } }): void {
    this.#asked = undefined
    this.#reading = false
    if ('result' in how && how.result.done !== true) {
      this.#reader.item(how.result.value)
      return
    }
    this.#ended = true
    this.#reader.ended('failure' in how ? how.failure : undefined)
  }

  /**
   * Closes it, unless it has ended by itself, and waits for that. Resolves to false if it was left to itself, still busy:
   * one whose `next()` is under way gets `graceMs`, and so does any other from when a scope is cancelled: `outer`, in which
   * its clean-up runs, or that of the task that waits for it. Throws what its `return()` throws.
   */
  async close(graceMs: number, outer: Scope, waiting: Scope): Promise<boolean> {
    // It is closed from within its own `next()`.
    if (this.#reading && this.#asked === undefined) await Promise.resolve()
    if (this.#ended) return true
    const asked = this.#asked
    this.#ended = asked === undefined
    const closing = runInScope(outer, async () => void (await this.#iterator.return?.()))
    return await withinGrace(Promise.all([closing, asked]), graceMs, asked === undefined ? [outer, waiting] : [])
  }
}
