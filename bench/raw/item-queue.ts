/** Iterates what comes in arrays, item by item: a `next()` by hand, without a limit on what it holds. */
export class ItemQueue<T> implements AsyncIterable<T> {
  readonly #arrays: T[][] = []
  #items: readonly T[] = []
  #index = 0
  #ended = false
  #waiting: (() => void) | undefined

  push(items: T[]): void {
    this.#arrays.push(items)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next() }
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#index === this.#items.length) {
      const items = this.#arrays.shift()
      if (items === undefined) return this.#wait()
      this.#items = items
      this.#index = 0
    }
    const value = this.#items[this.#index] as T
    this.#index += 1
    return Promise.resolve({ value, done: false })
  }

  #wait(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => {
      this.#waiting = () => resolve(this.#next())
    })
  }
}
