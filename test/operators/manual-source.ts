interface Asked<T> {
  resolve(result: IteratorResult<T, undefined>): void
  reject(error: unknown): void
}

/** A source that gives an item only when the test says so, and notes how it is used. Its `return()` ends a `next()` under way. */
export class ManualSource<T> implements AsyncIterable<T>, AsyncIterator<T, undefined> {
  openedCount = 0
  askedCount = 0
  closedCount = 0
  /** Put in by a test that wants closing to take its time. */
  closing: Promise<void> = Promise.resolve()
  #asked: Asked<T> | undefined

  get isAsked(): boolean {
    return this.#asked !== undefined
  }

  [Symbol.asyncIterator](): this {
    this.openedCount += 1
    return this
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.isAsked) throw new Error('asked again before it had answered')
    this.askedCount += 1
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject }
    })
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.closedCount += 1
    await this.closing
    if (this.isAsked) this.end()
    return { done: true, value: undefined }
  }

  give(value: T): void {
    this.#answer().resolve({ done: false, value })
  }

  end(): void {
    this.#answer().resolve({ done: true, value: undefined })
  }

  fail(error: unknown): void {
    this.#answer().reject(error)
  }

  #answer(): Asked<T> {
    const asked = this.#asked
    if (asked === undefined) throw new Error('nobody has asked')
    this.#asked = undefined
    return asked
  }
}
