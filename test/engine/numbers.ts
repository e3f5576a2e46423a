/** A synchronous input that notes what happens to it. */
export class Numbers implements Iterable<number>, Iterator<number> {
  read = 0
  closedCount = 0
  readonly #to: number
  constructor(to = Infinity) {
    this.#to = to
  }
  [Symbol.iterator](): this {
    return this
  }
  next(): IteratorResult<number> {
    if (this.read === this.#to) return { done: true, value: undefined }
    this.read += 1
    return { done: false, value: this.read }
  }
  return(): IteratorResult<number> {
    this.closedCount += 1
    return { done: true, value: undefined }
  }
}
