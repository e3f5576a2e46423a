import type { SentStatus } from './context-status.ts'
import { CreditBalance } from './credit.ts'
import { StreamClosedError } from './errors.ts'
import { type Frame, Kind, type StopFrame, type TerminalFrame } from './frame.ts'
import type { Hop, Interceptor, TraceIds, Unasked } from './interceptor.ts'
import { Departure } from './item-ids.ts'
import { OutgoingItems } from './outgoing-items.ts'
import { ambientScope, runInScope, type Scope } from './scope.ts'
import { steadyMs } from './steady-clock.ts'

// A batch is full at either; measured as the best of a range with a window of 4096 items (see docs/protocol.md).
const fullBatchCount = 1024
const fullBatchBytes = 64 * 1024
// Large items make a batch of their own kind: as their bytes are not packed, what counts is to make few writes of them.
const fullLargeBytes = 192 * 1024

/** What a sender needs of the channel it sends on. */
export interface SenderOutlet {
  readonly maxItemBytes: number
  /** The sender has something to send: `soon` with the next flush of data, `now` (it is full) or `next` after this tick. */
  ready(sender: MessageSender, when: 'soon' | 'now' | 'next'): void
}

const accepted: Promise<void> = Promise.resolve()
const askAll: Unasked = { applies: false, draw: () => 0 }
const askNone: Unasked = { applies: true, draw: () => Infinity }

/**
 * The sending half of a message stream: gathers items into batches, within the receiver's credit. It holds one batch at
 * most; whoever has more waits.
 */
export class MessageSender {
  readonly #outlet: SenderOutlet
  readonly #hop: Hop
  readonly #tracer: Interceptor | undefined
  readonly #unasked: Unasked
  // Where in its batch the next item is that is followed of those that begin here, and the next one at which there is anything to
  // do: at the first of each batch there is. This comparison and the next are all that an item costs which nobody is asked about.
  #followedPlace: number
  #placeToLook = 1
  // The same for what the batch weighs. Before either, there is still room.
  #weightToLook = 0
  #hasRoom = false
  readonly #departure = new Departure()
  readonly #fullBatchBytes: number
  readonly #fullLargeBytes: number
  readonly #credit = new CreditBalance()
  readonly #items: OutgoingItems
  #last: (TerminalFrame | StopFrame)[] = []
  #lastWeight = 0
  #batchCount = 0
  #ended: Error | true | undefined
  #errorSeen = false
  // Since when it has stood without credit, and how long it stood before the batch in hand; told to the tracer alone.
  #starvedSinceMs = 0
  #creditWaitMs = 0
  // Those who wait for room, in order. Bounded by the tasks that wait.
  #waiting: (() => void)[] = []

  constructor(outlet: SenderOutlet, contextId: number, hop: Hop, tracer: Interceptor | undefined) {
    this.#outlet = outlet
    // What comes before the last item of a batch must fit beside one of the largest.
    this.#fullBatchBytes = Math.min(fullBatchBytes, outlet.maxItemBytes / 64)
    this.#fullLargeBytes = Math.min(fullLargeBytes, outlet.maxItemBytes / 64)
    this.#items = new OutgoingItems(contextId, (itemNumber, sentMs) => this.#beginTrace(itemNumber, sentMs))
    this.#hop = hop
    this.#tracer = tracer?.itemSent === undefined ? undefined : tracer
    this.#unasked = this.#tracer === undefined ? askNone : (this.#tracer.unasked ?? askAll)
    this.#followedPlace = 1 + this.#unasked.draw()
  }

  /** True if an item can be taken now. */
  get hasRoom(): boolean {
    return this.#hasRoom
  }

  /** Finds out whether there is room, and with which item to ask again. To be called with all that changes it. */
  #lookForRoom(): void {
    const { count, weight, largeWeight } = this.#items
    this.#hasRoom =
      count < fullBatchCount &&
      weight - largeWeight < this.#fullBatchBytes &&
      largeWeight < this.#fullLargeBytes &&
      this.#credit.available &&
      this.#ended === undefined
    const lastPlace = Math.min(fullBatchCount, count + this.#credit.remainingCount)
    this.#placeToLook = count === 0 ? 1 : Math.min(this.#followedPlace, lastPlace)
    this.#weightToLook = Math.min(this.#fullBatchBytes, weight + this.#credit.remainingBytes)
  }

  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** How many items went out or wait in the batch. */
  get sentCount(): number {
    return this.#credit.usedCount
  }

  /** True while items wait for the receiver's credit. */
  get starved(): boolean {
    return this.#waiting.length > 0 && !this.#credit.available
  }

  /** What came of it so far, for a dump. */
  get status(): SentStatus {
    return { ...this.#credit.status, batchCount: this.#batchCount }
  }

  #noteStarved(): void {
    if (this.#tracer === undefined || this.#starvedSinceMs > 0 || this.#credit.available) return
    this.#starvedSinceMs = steadyMs()
  }

  /** What those who send wait for, for a dump; undefined while nobody has to. */
  get waitsFor(): string | undefined {
    if (this.#waiting.length === 0) return undefined
    return this.starved ? 'credit: its consumer takes no more for now' : 'its connection to take the last batch'
  }

  /** Adds an item of the task with that scope to the batch; only when there is room. Throws if the item cannot travel. */
  append(item: unknown, scope: Scope | undefined): void {
    const items = this.#items
    this.#credit.use(items.add(item, this.#outlet.maxItemBytes))
    // Those who send know their scope: to ask for the ambient one with each item would cost more than the rest.
    const held = scope?.itemTrace
    const isAsked = (held !== undefined && held !== null) || !this.#unasked.applies
    if (isAsked || items.count >= this.#placeToLook || items.weight >= this.#weightToLook) this.#look(held, isAsked)
  }

  /** The item that was added last is the first of its batch, or the last, or may be one that is followed. */
  #look(held: unknown, isAsked: boolean): void {
    const { count } = this.#items
    if (count === 1) this.#outlet.ready(this, 'soon')
    const isDrawn = count >= this.#followedPlace
    if (isDrawn) this.#followedPlace = count + 1 + this.#unasked.draw()
    // Before the tracer is asked, which may throw, or send something itself.
    this.#lookForRoom()
    if (isAsked) this.#trace(held)
    else if (isDrawn && held === undefined) this.#items.traceLater(this.#credit.usedCount - 1, performance.now())
    if (!this.#hasRoom) this.#outlet.ready(this, 'now')
  }

  #trace(held: unknown): void {
    this.#items.beginTraces()
    const departure = this.#departure
    departure.begin(this.#credit.usedCount - 1, 0, this.#creditWaitMs)
    if (this.#tracer?.itemSent?.(this.#hop, held, departure) === true) this.#items.trace(departure)
  }

  /** The trace of an item that was drawn when it was sent. */
  #beginTrace(itemNumber: number, sentMs: number): TraceIds | undefined {
    const departure = this.#departure
    departure.begin(itemNumber, sentMs, this.#creditWaitMs)
    return this.#tracer?.itemBegun?.(this.#hop, departure) === true ? departure : undefined
  }

  /**
   * Sends one item: at once if there is room, else when the receiver grants more. Concurrent senders take turns, each
   * in its own order. Rejects if the item cannot travel, if the stream has ended, or with the ambient cancellation.
   */
  send(item: unknown): Promise<void> {
    const scope = ambientScope()
    if (this.#waiting.length === 0 && this.hasRoom && scope?.reason === undefined) {
      try {
        this.append(item, scope)
        return accepted
      } catch (error) {
        return Promise.try(() => {
          throw error
        })
      }
    }
    return this.#sendLater(item, scope)
  }

  #sendLater(item: unknown, scope: Scope | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (scope?.reason !== undefined) return reject(scope.reason)
      if (this.#ended !== undefined) return reject(this.#endError())
      const onCancel = (reason: Error) => {
        this.#waiting = this.#waiting.filter((other) => other !== attempt)
        reject(reason)
      }
      const attempt = () => {
        scope?.offCancel(onCancel)
        if (this.#ended !== undefined) return reject(this.#endError())
        // Room is announced from the channel's side: the item still belongs to the task that sends it.
        const append = () => this.append(item, scope)
        resolve(Promise.try(() => (scope === undefined ? append() : runInScope(scope, append))))
      }
      scope?.onCancel(onCancel)
      this.#waiting.push(attempt)
      this.#noteStarved()
    })
  }

  #endError(): Error {
    if (!(this.#ended instanceof Error)) return new StreamClosedError()
    this.#errorSeen = true
    return this.#ended
  }

  /** True once the error that ended the stream was thrown to somebody who wanted to send. */
  get errorSeen(): boolean {
    return this.#errorSeen
  }

  /** Calls back once there is room, or the stream has ended. */
  whenRoom(callback: () => void): void {
    this.#waiting.push(callback)
    this.#noteStarved()
  }

  forgetWaiter(callback: () => void): void {
    this.#waiting = this.#waiting.filter((other) => other !== callback)
  }

  /** The receiver allows more. */
  grant(count: number, bytes: number): void {
    this.#credit.grant(count, bytes)
    this.#lookForRoom()
    if (this.#starvedSinceMs > 0 && this.#credit.available) {
      this.#creditWaitMs = steadyMs() - this.#starvedSinceMs
      this.#starvedSinceMs = 0
    }
    this.#wake()
  }

  /** Ends the stream in order: `last` goes out after every item that was taken. A half-close may precede the end. */
  end(last: TerminalFrame | StopFrame, weight = 0): void {
    if (this.#ended instanceof Error || (this.#ended && last[0] === Kind.stop)) return
    this.#ended = true
    this.#lookForRoom()
    this.#last.push(last)
    this.#lastWeight += weight
    this.#outlet.ready(this, 'next')
    this.#wake()
  }

  /** The stream cannot go on: those who wait get `error`, and nothing more is sent. */
  fail(error: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#lookForRoom()
    this.#wake()
  }

  /** Gives up the batch to the channel that is about to write it; returns its weight. */
  take(frames: Frame[]): number {
    if (this.#items.isAdding) {
      // A getter of the item has had the channel write: that item is not all there yet.
      queueMicrotask(() => this.#outlet.ready(this, 'next'))
      return 0
    }
    this.#followedPlace -= this.#items.count
    let weight = this.#items.take(frames)
    this.#lookForRoom()
    if (weight > 0) this.#batchCount += 1
    this.#creditWaitMs = 0
    if (this.#waiting.length > 0) this.#noteStarved()
    // A large result goes with the round after that of the last items: both at once might be too large for a flush.
    if (weight > 0 && this.#lastWeight > this.#fullBatchBytes) this.#outlet.ready(this, 'next')
    else if (this.#last.length > 0) {
      frames.push(...this.#last)
      weight += this.#lastWeight
      this.#last = []
      this.#lastWeight = 0
    }
    if (this.#waiting.length > 0) queueMicrotask(() => this.#wake())
    return weight
  }

  #wake(): void {
    if (this.#ended !== undefined) {
      for (const waiter of this.#waiting.splice(0)) waiter()
      return
    }
    while (this.#waiting.length > 0 && this.hasRoom) this.#waiting.shift()?.()
  }
}
