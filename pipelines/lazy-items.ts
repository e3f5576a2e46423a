/** Items that are opened at the first `next()`; left before that, whoever would have given them is told. */
export class LazyItems<T> implements AsyncIterableIterator<T> {
  readonly #open: () => AsyncIterator<T>
  readonly #decline: () => Promise<void>
  #items: AsyncIterator<T> | undefined
  #declined = false

  constructor(open: () => AsyncIterator<T>, decline: () => Promise<void>) {
    this.#open = open
    this.#decline = decline
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#declined) return { value: undefined, done: true }
    this.#items ??= this.#open()
    return await this.#items.next()
  }

  async return(): Promise<IteratorResult<T>> {
    if (this.#items !== undefined) await this.#items.return?.()
    else if (!this.#declined) {
      this.#declined = true
      await this.#decline()
    }
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
