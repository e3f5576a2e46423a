import { Batch } from './batch.ts'
import type { MessageSender } from './message-sender.ts'
import { runInScope, type Scope } from './scope.ts'
import { TimeSlice } from './time-slice.ts'

/**
 * Drives a generator into a stream: it is advanced only when there is room for what it yields next, never ahead. Resolves
 * to its return value once it has ended. When the scope is cancelled the generator is returned, so that its `finally`
 * runs, and the promise rejects with the reason, or with what the generator threw while it unwound.
 *
 * `next().then(step)` is spelt out because it costs a fifth less an item than `for await` does.
 */
export function pump(
  source: AsyncIterator<unknown> | Iterator<unknown>,
  isAsync: boolean,
  sender: MessageSender,
  scope: Scope,
): Promise<unknown> {
  return new Promise((resolve, reject) => new Pump(source, isAsync, sender, scope, resolve, reject).run())
}

class Pump {
  readonly #source: AsyncIterator<unknown> | Iterator<unknown>
  readonly #isAsync: boolean
  readonly #sender: MessageSender
  readonly #scope: Scope
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  // What is left of a `batch(...)` that had no room.
  #pending: readonly unknown[] = []
  #pendingIndex = 0
  #settled = false
  readonly #step: (result: IteratorResult<unknown>) => void = (result) => this.#take(result)
  readonly #fail: (error: unknown) => void = (error) => this.#finish(() => this.#reject(error))
  // Room is announced from the channel's side: the generator must still run in its own scope.
  readonly #resume: () => void = () => runInScope(this.#scope, () => this.#pull())
  readonly #onCancel: (reason: Error) => void = (reason) => this.#cancel(reason)
  // A receiver may grant without end, and take as fast as the generator makes: then this is what lets the event loop turn.
  readonly #slice = new TimeSlice(64)

  constructor(
    source: AsyncIterator<unknown> | Iterator<unknown>,
    isAsync: boolean,
    sender: MessageSender,
    scope: Scope,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#source = source
    this.#isAsync = isAsync
    this.#sender = sender
    this.#scope = scope
    this.#resolve = resolve
    this.#reject = reject
    this.#slice.begin()
  }

  run(): void {
    this.#scope.onCancel(this.#onCancel)
    if (!this.#settled) this.#pull()
  }

  #pull(): void {
    // A sender that has ended takes no more; the cancellation that comes with its end is what ends the generator.
    if (this.#settled || this.#scope.reason !== undefined || this.#sender.ended) return
    if (!this.#appendPending()) return
    if (this.#isAsync) this.#pullOne()
    else this.#pullMany()
  }

  /** False if the pump goes on later: when there is room again, or with what the generator made of an error. */
  #appendPending(): boolean {
    while (this.#pendingIndex < this.#pending.length) {
      if (!this.#sender.hasRoom) {
        this.#sender.whenRoom(this.#resume)
        return false
      }
      if (this.#mustPause()) return false
      const item = this.#pending[this.#pendingIndex]
      this.#pendingIndex += 1
      if (!this.#append(item)) return false
    }
    return true
  }

  #pullOne(): void {
    if (!this.#sender.hasRoom) this.#sender.whenRoom(this.#resume)
    else if (!this.#mustPause()) {
      const source = this.#source as AsyncIterator<unknown>
      source.next().then(this.#step, this.#fail)
    }
  }

  // A synchronous source fills all the room there is, or as much of it as its slice of time is long.
  #pullMany(): void {
    try {
      while (this.#sender.hasRoom) {
        if (this.#mustPause()) return
        const result = (this.#source as Iterator<unknown>).next()
        if (result.done === true) return this.#finish(() => this.#resolve(result.value))
        if (result.value instanceof Batch) {
          this.#pending = result.value.items
          this.#pendingIndex = 0
          if (!this.#appendPending()) return
        } else if (!this.#append(result.value)) return
        if (this.#scope.reason !== undefined) return
      }
    } catch (error) {
      return this.#fail(error)
    }
    this.#sender.whenRoom(this.#resume)
  }

  /** True if the slice of time is used up: then the pump goes on in the next turn of the event loop. */
  #mustPause(): boolean {
    if (!this.#slice.isOverForItem()) return false
    setImmediate(() => {
      this.#slice.begin()
      this.#resume()
    })
    return true
  }

  #take(result: IteratorResult<unknown>): void {
    if (this.#settled || this.#scope.reason !== undefined) return
    if (result.done === true) return this.#finish(() => this.#resolve(result.value))
    if (result.value instanceof Batch) {
      this.#pending = result.value.items
      this.#pendingIndex = 0
    } else if (!this.#append(result.value)) return
    this.#pull()
  }

  /** False if the item cannot travel: then it has been thrown into the generator, at its yield. */
  #append(item: unknown): boolean {
    try {
      this.#sender.append(item, this.#scope)
      return true
    } catch (error) {
      this.#throwIn(error)
      return false
    }
  }

  #throwIn(error: unknown): void {
    this.#pending = []
    if (this.#source.throw === undefined) return this.#fail(error)
    try {
      const result = this.#source.throw(error)
      if (this.#isAsync) (result as Promise<IteratorResult<unknown>>).then(this.#step, this.#fail)
      else queueMicrotask(() => runInScope(this.#scope, () => this.#take(result as IteratorResult<unknown>)))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  #cancel(reason: Error): void {
    this.#sender.forgetWaiter(this.#resume)
    const unwound = async () => {
      await runInScope(this.#scope, () => this.#source.return?.())
    }
    unwound().then(() => this.#fail(reason), this.#fail)
  }

  #finish(settle: () => void): void {
    if (this.#settled) return
    this.#settled = true
    this.#scope.offCancel(this.#onCancel)
    settle()
  }
}
