import { type ActorId, StreamLaggedError } from './errors.ts'
import { interruptible } from './scope.ts'

/** What happened to an actor of a nursery. */
export type NurseryEvent =
  /** It is up and ready for calls, for the first time. */
  | { readonly kind: 'started'; readonly actor: ActorId; readonly atMs: number }
  /** It has ended; `error` if nobody asked it to, or its function threw. */
  | { readonly kind: 'exited'; readonly actor: ActorId; readonly atMs: number; readonly error?: Error }
  /** It is up again, as `actor`, after `previous` ended; for the `restartCount`-th time. */
  | {
      readonly kind: 'restarted'
      readonly actor: ActorId
      readonly previous: ActorId
      readonly atMs: number
      readonly restartCount: number
    }
  /** It has failed more often than the nursery allows: the nursery gives up and fails with `error`. */
  | { readonly kind: 'escalated'; readonly actor: ActorId; readonly atMs: number; readonly error: Error }

// What a reader that lags may have waiting.
const capacityCount = 1_024

/** The readers of a nursery's events. */
export class NurseryEvents {
  readonly #readers = new Set<EventReader>()
  #ended = false

  emit(event: NurseryEvent): void {
    for (const reader of this.#readers) reader.offer(event)
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers) reader.end()
    this.#readers.clear()
  }

  open(): AsyncIterableIterator<NurseryEvent, undefined> {
    const reader = new EventReader(() => this.#readers.delete(reader))
    if (this.#ended) reader.end()
    else this.#readers.add(reader)
    return reader
  }
}

class EventReader implements AsyncIterableIterator<NurseryEvent, undefined> {
  #waiting: NurseryEvent[] = []
  #missedCount = 0
  #ended = false
  #wake = Promise.withResolvers<void>()
  readonly #leave: () => void

  constructor(leave: () => void) {
    this.#leave = leave
  }

  offer(event: NurseryEvent): void {
    if (this.#waiting.length === capacityCount) {
      this.#waiting.shift()
      this.#missedCount += 1
    }
    this.#waiting.push(event)
    this.#look()
  }

  end(): void {
    this.#ended = true
    this.#look()
  }

  /** Has all who wait for an event look again; there may be several. */
  #look(): void {
    const wake = this.#wake
    this.#wake = Promise.withResolvers()
    wake.resolve()
  }

  async next(): Promise<IteratorResult<NurseryEvent, undefined>> {
    for (;;) {
      if (this.#missedCount > 0) {
        const missed = this.#missedCount
        this.#missedCount = 0
        throw new StreamLaggedError(missed)
      }
      const value = this.#waiting.shift()
      if (value !== undefined) return { value, done: false }
      if (this.#ended) return { value: undefined, done: true }
      await interruptible(this.#wake.promise)
    }
  }

  async return(): Promise<IteratorResult<NurseryEvent, undefined>> {
    this.#leave()
    this.end()
    this.#waiting = []
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
