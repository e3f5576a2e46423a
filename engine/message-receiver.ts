import type { ReceivedStatus } from './context-status.ts'
import { CreditLedger, type CreditWindow, eagerCount } from './credit.ts'
import { HandedTraces } from './handed-traces.ts'
import type { Hop, Interceptor } from './interceptor.ts'
import { noteBatchTrace } from './item-trace.ts'
import { ambientScope, isLoss, type Scope } from './scope.ts'
import { TimeSlice } from './time-slice.ts'

interface Batch {
  items: unknown[]
  bytes: number
  traces: Uint8Array | undefined
  /** The number of its first item in the stream. */
  firstNumber: number
  /** When it came, if that is of interest: to a tracer, and mostly if items in it are sampled. */
  arrivedMs: number
}

interface Waiter {
  settle(): void
}

/** What a receiver needs of its context. */
export interface ReceiverInlet {
  /** Allows so many items and bytes in all: with what else is said in this tick, or `now`. */
  grant(count: number, bytes: number, when: 'next' | 'now'): void
  /** A wait was cut short by the ambient scope. Resolves when its consumer may be told. */
  interrupted(reason: Error): Promise<void>
}

/**
 * The receiving half of a message stream: hands out what arrived, item by item or batch by batch, and grants more as it
 * is consumed. What it can hold is bounded by the window; what arrived is handed out before the end or error after it.
 */
export class MessageReceiver<T> {
  readonly #inlet: ReceiverInlet
  readonly #ledger: CreditLedger
  // Undefined unless somebody traces.
  readonly #traces: HandedTraces | undefined
  // Batches not begun yet. Bounded by the credit granted.
  #queue: Batch[] = []
  #current: Batch | undefined
  #items: readonly unknown[] = []
  #index = 0
  #end: { error: Error | undefined } | undefined
  #waiters: Waiter[] = []
  #dropping = false
  #serving = false
  // The scope of the task that waited last: a cheap hint that it is worth asking for the ambient one.
  #consumer: Scope | undefined
  // True while the event loop has its turn: calls wait until it has had it.
  #pausing = false
  readonly #slice = new TimeSlice()
  #receivedCount = 0
  #errorSeen = false

  constructor(inlet: ReceiverInlet, window: CreditWindow, hop: Hop, tracer: Interceptor | undefined) {
    this.#inlet = inlet
    this.#ledger = new CreditLedger(window)
    this.#traces = tracer?.itemReceived === undefined ? undefined : new HandedTraces(tracer, hop)
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  get receivedCount(): number {
    return this.#receivedCount
  }

  /** What came in so far and what of it waits, for a dump. */
  get status(): ReceivedStatus {
    const { status } = this.#ledger
    if (this.#dropping) return { ...status, waitingCount: 0, waitingBytes: 0 }
    // The ledger counts by whole batches, of which one is in hand.
    return { ...status, waitingCount: status.waitingCount - this.#index }
  }

  /** What its consumer waits for, or it for its consumer, for a dump; undefined if neither does. */
  get waitsFor(): string | undefined {
    if (this.#waiters.length > 0) return 'the next item'
    return this.status.waitingCount > 0 ? 'its consumer to take the next item' : undefined
  }

  /** True once the error that ended the stream was thrown to a consumer. */
  get errorSeen(): boolean {
    return this.#errorSeen
  }

  /** Takes in a batch; false if the peer was not granted that much. */
  push(items: unknown[], bytes: number, traces: Uint8Array | undefined): boolean {
    if (this.#end !== undefined || this.#dropping || items.length === 0) return true
    if (!this.#ledger.receive(items.length, bytes)) return false
    const firstNumber = this.#receivedCount
    this.#receivedCount += items.length
    const arrivedMs = traces === undefined && this.#traces?.wantsAll !== true ? 0 : performance.now()
    this.#queue.push({ items, bytes, traces, firstNumber, arrivedMs })
    this.#slice.begin()
    this.#serve()
    return true
  }

  /** No more will come. What is buffered is still handed out, then the end or the error. */
  finish(error: Error | undefined): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#serve()
  }

  /** Drops what is buffered and all that still comes; the end is awaited. */
  drop(): void {
    this.#dropping = true
    this.#queue = []
    this.#items = []
    this.#index = 0
    this.#current = undefined
    this.#traces?.begin(undefined, 0, 0)
  }

  /** The consumer takes no more, for now: it is not known to be at work on the item that it had last. */
  leave(): void {
    this.#traces?.leave()
  }

  /** Drops what is buffered and ends: the consumer has left, or gets `error` instead of the rest. */
  discard(error?: Error): void {
    this.drop()
    this.#end = { error }
    this.leave()
    this.#serve()
  }

  #serve(): void {
    // One who is being served comes before the next, also where the stream ends in the midst of it.
    if (this.#serving) return
    this.#serving = true
    try {
      while (
        this.#waiters.length > 0 &&
        !this.#pausing &&
        (this.#queue.length > 0 || this.#index < this.#items.length || this.#end)
      ) {
        this.#waiters.shift()?.settle()
      }
    } finally {
      this.#serving = false
    }
  }

  /** A loop goes through it from now on. */
  loop(): void {
    if (this.#traces !== undefined) this.#traces.isLooped = true
  }

  /** The next item. May be called before the last call has settled; calls are served in order. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#consumer?.reason !== undefined) {
      const reason = ambientScope()?.reason
      if (reason !== undefined) return this.#interrupt(reason)
    }
    if (this.#waiters.length === 0 && (this.#index < this.#items.length || this.#advance())) {
      if (!this.#slice.isOverForItem()) return Promise.resolve(this.#takeItem(undefined))
      this.#pause()
    }
    return this.#wait('item') as Promise<IteratorResult<T, undefined>>
  }

  /** All that has arrived and was not handed out yet, as one array; the rest of a begun one first. */
  nextBatch(): Promise<IteratorResult<readonly T[], undefined>> {
    if (this.#consumer?.reason !== undefined) {
      const reason = ambientScope()?.reason
      if (reason !== undefined) return this.#interrupt(reason)
    }
    if (this.#waiters.length === 0 && (this.#index < this.#items.length || this.#advance())) {
      if (!this.#slice.isOver()) return Promise.resolve(this.#takeBatch(undefined))
      this.#pause()
    }
    return this.#wait('batch') as Promise<IteratorResult<readonly T[], undefined>>
  }

  // `scope` is that of a task which waited; without one it is the ambient scope of the caller.
  #takeItem(scope: Scope | undefined): IteratorResult<T, undefined> {
    const index = this.#index
    // Whoever waited may be another task than that of the item before.
    if (this.#traces !== undefined && (scope !== undefined || this.#traces.isDue(index)))
      this.#traces.hold(index, scope)
    const value = this.#items[index] as T
    this.#index = index + 1
    return { value, done: false }
  }

  // A sampled item travels alone in its batch, so that whatever is made of the batch is made of that item.
  #takeBatch(scope: Scope | undefined): IteratorResult<readonly T[], undefined> {
    const start = this.#index
    const { length } = this.#items
    const end = this.#traces?.cut(start, length) ?? length
    this.#traces?.hold(start, scope)
    this.#index = end
    const value = (start === 0 && end === length ? this.#items : this.#items.slice(start, end)) as readonly T[]
    if (this.#traces?.held !== undefined) noteBatchTrace(value, this.#traces.held)
    return { value, done: false }
  }

  /** Accounts for the batch in hand and goes on to the next one; false if there is none. */
  #advance(): boolean {
    const done = this.#current
    const next = this.#queue.shift()
    this.#index = 0
    this.#items = next?.items ?? []
    this.#current = next
    this.#traces?.begin(next?.traces, next?.firstNumber ?? 0, next?.arrivedMs ?? 0)
    // At last: a channel that breaks while it writes the grant ends the stream right away.
    if (done !== undefined && this.#ledger.consume(done.items.length, done.bytes) && this.#end === undefined) {
      const when = this.#ledger.regrant() < eagerCount ? 'next' : 'now'
      this.#inlet.grant(this.#ledger.grantedCount, this.#ledger.grantedBytes, when)
    }
    return this.#index < this.#items.length
  }

  #pause(): void {
    this.#pausing = true
    setImmediate(() => {
      this.#pausing = false
      this.#slice.begin()
      this.#serve()
    })
  }

  async #interrupt(reason: Error): Promise<never> {
    await this.#inlet.interrupted(reason)
    throw reason
  }

  #wait(want: 'item' | 'batch'): Promise<IteratorResult<unknown, undefined>> {
    const scope = ambientScope()
    // Cancelled together with its producer: the consumer gets the reason that is its own.
    const lostTogether = scope?.reason !== undefined && isLoss(this.#end?.error)
    if (this.#end !== undefined && this.#waiters.length === 0 && !this.#pausing && !lostTogether)
      return this.#ending(scope)
    if (scope?.reason !== undefined) return this.#interrupt(scope.reason)
    this.#consumer = scope
    this.#traces?.release()
    return new Promise((resolve, reject) => this.#enqueue(want, scope, resolve, reject))
  }

  #enqueue(
    want: 'item' | 'batch',
    scope: Scope | undefined,
    resolve: (result: IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>>) => void,
    reject: (error: Error) => void,
  ): void {
    const onCancel = (reason: Error) => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      this.#interrupt(reason).catch(reject)
    }
    const waiter: Waiter = {
      settle: () => {
        scope?.offCancel(onCancel)
        if (this.#index < this.#items.length || this.#advance()) {
          // The trace belongs to the task that waits, not to the one whose bytes arrived.
          resolve(want === 'item' ? this.#takeItem(scope) : this.#takeBatch(scope))
        } else resolve(this.#ending(scope))
      },
    }
    scope?.onCancel(onCancel)
    this.#waiters.push(waiter)
  }

  #ending(scope: Scope | undefined): Promise<IteratorResult<never, undefined>> {
    const error = this.#end?.error
    // What ended the producer was no failure of whoever had the item before.
    this.#traces?.end(scope)
    // Like a generator's, the error is thrown once; after it the stream has just ended.
    this.#end = { error: undefined }
    if (error !== undefined) this.#errorSeen = true
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error)
  }
}
