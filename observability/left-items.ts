// Longer than a task takes to unwind; that is all that is waited for.
const graceMs = 5_000
// Whoever leaves streams that fast does not fail.
const maxCount = 256

/**
 * The sampled items with which a consumer has left its stream. Whether it has failed on them is known only when its task has
 * ended; and a task that lives on has nothing more to do with them, so that they are not waited for without end.
 */
export class LeftItems<T> {
  readonly #finish: (item: T) => void
  // In the order in which they were left.
  readonly #leftAtMs = new Map<T, number>()

  /** `finish` is called with an item that nothing more was told of. */
  constructor(finish: (item: T) => void) {
    this.#finish = finish
  }

  add(item: T): void {
    if (this.#leftAtMs.size === maxCount) this.finishAll(1)
    this.#leftAtMs.set(item, performance.now())
  }

  /** It was told what became of the item. */
  delete(item: T): void {
    this.#leftAtMs.delete(item)
  }

  get size(): number {
    return this.#leftAtMs.size
  }

  /** Gives up those that were left long ago. */
  finishOld(): void {
    const limitMs = performance.now() - graceMs
    let count = 0
    for (const leftAtMs of this.#leftAtMs.values()) {
      if (leftAtMs > limitMs) break
      count += 1
    }
    this.finishAll(count)
  }

  /** Gives up the first so many of them. */
  finishAll(count: number = this.#leftAtMs.size): void {
    for (const item of [...this.#leftAtMs.keys()].slice(0, count)) {
      this.#leftAtMs.delete(item)
      this.#finish(item)
    }
  }
}
