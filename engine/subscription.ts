import type { Broadcast, BroadcastReader } from './broadcast.ts'
import { StreamLaggedError, UsageError } from './errors.ts'
import type { ItemGiver } from './hand.ts'
import { endGiving, giveItem, noteBatchTrace } from './item-trace.ts'
import { ambientScope, type Scope } from './scope.ts'

/** How a subscriber takes part in a stream that several tasks share. */
export interface SubscribeOptions {
  /**
   * What happens when this subscriber is so slow that items it has not taken would have to leave the ring: `throw` (the
   * default) drops them for it, and its next `next()` rejects with `StreamLaggedError`; `skip` drops them without a word;
   * `hold` makes the others wait for it.
   */
  readonly lag?: 'throw' | 'skip' | 'hold'
  /**
   * How many items the ring keeps for those who are behind the fastest subscriber. All subscribers of a stream share the
   * ring: the largest count asked for stands, and 1024 if nobody asks.
   */
  readonly capacityCount?: number
}

/**
 * One task's own copy of a stream that is shared: every item from the moment of subscribing, in order. Items are not
 * copied: all subscribers get the same objects. Owned by the task that subscribed, best with `await using`: a subscriber
 * that neither reads nor leaves (a loop that `StreamLaggedError` has ended does neither) keeps the stream open, and with
 * `lag: 'hold'` everybody waiting.
 */
export interface Subscription<out T> extends AsyncIterableIterator<T, undefined> {
  /** How many items it has missed so far by being too slow. */
  readonly missedCount: number
  /**
   * The next item; waits for one. Rejects with `StreamLaggedError` once for each time it has fallen behind, and goes on
   * with the oldest item that is still there; with the error that ended the stream after every item before it; or with
   * the ambient cancellation. That leaves the stream; whoever asks again all the same goes on where it was, and has
   * missed what was dropped meanwhile (which is thrown with `lag: 'hold'` too).
   */
  next(): Promise<IteratorResult<T, undefined>>
  /** Takes no more. The last subscriber to leave leaves the stream as well, and waits for that. */
  return(): Promise<IteratorResult<T, undefined>>
  /** Whatever is there for it, an array at a time and never empty. */
  batches(): AsyncIterableIterator<readonly T[], undefined>
  [Symbol.asyncIterator](): Subscription<T>
  [Symbol.asyncDispose](): Promise<void>
}

type Want = 'item' | 'batch'
type Result = IteratorResult<unknown, undefined>

interface Waiter {
  readonly want: Want
  readonly scope: Scope | undefined
  readonly onCancel: (reason: Error) => void
  resolve(result: Result | Promise<Result>): void
}

const done: IteratorReturnResult<undefined> = { value: undefined, done: true }

/** Throws `UsageError` for options with which nobody could take part. */
function checkSubscribeOptions({ lag = 'throw', capacityCount = 1 }: SubscribeOptions): void {
  if (!['throw', 'skip', 'hold'].includes(lag)) {
    throw new UsageError(`lag must be 'throw', 'skip' or 'hold', not ${JSON.stringify(lag)}`)
  }
  if (!(Number.isSafeInteger(capacityCount) && capacityCount > 0)) {
    throw new UsageError(`capacityCount must be a whole number from 1 up, not ${capacityCount}`)
  }
}

/** A subscription as a reader of the broadcast behind it. */
export class Subscriber<T> implements Subscription<T>, BroadcastReader, ItemGiver {
  readonly holds: boolean
  isLooped = false
  /** Others deal with the same items. */
  readonly isSole = false
  readonly #skips: boolean
  readonly #broadcast: Broadcast<T>
  #position: number
  #missedCount = 0
  // `away` is after a wait of its was cancelled: it may still come back.
  #state: 'present' | 'away' | 'left' = 'present'
  // Bounded by the tasks that wait.
  #waiters: Waiter[] = []

  constructor(broadcast: Broadcast<T>, options: SubscribeOptions = {}) {
    checkSubscribeOptions(options)
    this.holds = options.lag === 'hold'
    this.#skips = options.lag === 'skip'
    this.#broadcast = broadcast
    this.#position = broadcast.head
    broadcast.reserve(options.capacityCount)
    if (broadcast.end === undefined) broadcast.join(this)
    else this.#state = 'left'
  }

  get position(): number {
    return this.#position
  }

  get missedCount(): number {
    return this.#missedCount
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#receive('item') as Promise<IteratorResult<T, undefined>>
  }

  nextBatch(): Promise<IteratorResult<readonly T[], undefined>> {
    return this.#receive('batch') as Promise<IteratorResult<readonly T[], undefined>>
  }

  #receive(want: Want): Promise<Result> {
    if (this.#state === 'left') return Promise.resolve(done)
    const scope = ambientScope()
    if (scope?.reason !== undefined) return this.#interrupt(scope.reason)
    if (this.#state === 'away') {
      if (this.#broadcast.left) return this.return()
      this.#state = 'present'
      this.#broadcast.join(this)
    }
    if (this.#waiters.length === 0) {
      const taken = this.#take(want, scope)
      if (taken !== undefined) return Promise.resolve(taken)
    }
    return new Promise((resolve, reject) => {
      const onCancel = (reason: Error) => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        this.#interrupt(reason).catch(reject)
      }
      const waiter: Waiter = { want, scope, onCancel, resolve }
      scope?.onCancel(onCancel)
      this.#waiters.push(waiter)
      this.#broadcast.wait(this)
    })
  }

  /** What there is now: an item or batch, the news of having lagged, or the end; undefined if it has to be waited for. */
  #take(want: Want, scope: Scope | undefined): Result | Promise<never> | undefined {
    const broadcast = this.#broadcast
    const missed = broadcast.oldest - this.#position
    if (missed > 0) {
      this.#missedCount += missed
      this.#goTo(broadcast.oldest)
      if (!this.#skips) return Promise.reject(new StreamLaggedError(missed))
    }
    if (this.#position === broadcast.head && !broadcast.advance()) {
      if (broadcast.end !== undefined) return this.#ending(broadcast.end.error, scope)
      broadcast.pull()
      return undefined
    }
    if (broadcast.mustPause()) return undefined
    const trace = broadcast.trace(this.#position)
    if (trace !== undefined && scope !== undefined) giveItem(scope, this, trace)
    const value = want === 'item' ? broadcast.item(this.#position) : this.#gather(trace)
    this.#goTo(this.#position + (want === 'item' ? 1 : (value as readonly T[]).length))
    return { value, done: false }
  }

  // Like a stream's own batches: a sampled item travels alone.
  #gather(trace: unknown): readonly T[] {
    const broadcast = this.#broadcast
    const start = this.#position
    const items = [broadcast.item(start)]
    if (trace !== undefined && trace !== null) {
      noteBatchTrace(items, trace)
      return items
    }
    // In front, it takes no more at once than the ring holds: others who are there as well can follow.
    const limit = start + broadcast.capacityCount
    for (let at = start + 1; at < broadcast.head || (at < limit && broadcast.advance()); at += 1) {
      if (trace !== undefined && broadcast.trace(at) !== null) break
      items.push(broadcast.item(at))
    }
    return items
  }

  #goTo(position: number): void {
    this.#position = position
    if (this.holds) this.#broadcast.passed()
  }

  #ending(error: unknown, scope: Scope | undefined): Result | Promise<never> {
    this.#state = 'left'
    endGiving(scope, this, 'ended')
    void this.#broadcast.leave(this)
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- It is the error of the source, whatever that is.
    return error === undefined ? done : Promise.reject(error)
  }

  serve(): void {
    for (let waiter = this.#waiters[0]; waiter !== undefined; waiter = this.#waiters[0]) {
      const taken = this.#state === 'left' ? done : this.#take(waiter.want, waiter.scope)
      if (taken === undefined) return
      this.#waiters.shift()
      waiter.scope?.offCancel(waiter.onCancel)
      waiter.resolve(taken)
    }
    this.#broadcast.stopWaiting(this)
  }

  async #interrupt(reason: Error): Promise<never> {
    if (this.#waiters.length === 0 && this.#state === 'present') {
      this.#state = 'away'
      await this.#broadcast.leave(this, { mayReturn: true, reason })
    }
    throw reason
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#state = 'left'
    endGiving(ambientScope(), this, 'left')
    this.serve()
    await this.#broadcast.leave(this)
    return done
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    this.isLooped = true
    return {
      next: () => this.nextBatch(),
      return: async () => {
        await this.return()
        return done
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  [Symbol.asyncIterator](): this {
    this.isLooped = true
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
