import type { ItemTraces } from './frame.ts'
import type { ItemGiver } from './hand.ts'
import type { Hop, Interceptor } from './interceptor.ts'
import { Arrival } from './item-ids.ts'
import { endGiving, giveItem, handChanges } from './item-trace.ts'
import { ambientScope, type Scope } from './scope.ts'

// Past every index; a whole number like them, which is compared faster than Infinity.
const nowhere = 2 ** 31 - 1
// Its index and ids; after them come its baggage and its trace state, if there are any.
const entryLength = 7

/**
 * The traces of the items that a receiver hands out: each task is to hold that of the item it is handed.
 *
 * Nearly all items are not sampled, and follow one that was not either. For them `isDue` is all there is to pay: their task
 * holds the like already. Which task that is costs a look at the async context, so it is asked with the first item of a
 * batch, and with each item only once there were several tasks.
 */
export class HandedTraces implements ItemGiver {
  readonly #tracer: Interceptor
  readonly #hop: Hop
  isLooped = false
  readonly isSole = true
  #traces: ItemTraces = []
  #firstNumber = 0
  // The item that is handed out, as the tracer is told of it.
  readonly #arrival = new Arrival()
  #cursor = 0
  // The index of the next sampled item, and that of the next one to look at.
  #nextIndex = nowhere
  #dueIndex = 0
  #changeCount = 0
  #reader: Scope | undefined
  #shared = false
  #held: unknown = undefined

  constructor(tracer: Interceptor, hop: Hop) {
    this.#tracer = tracer
    this.#hop = hop
  }

  /** Whether it wants to know when the items came that are not sampled, too. */
  get wantsAll(): boolean {
    return this.#tracer.itemTentative !== undefined
  }

  /** What the item that was handed out last is known by; undefined if it is by nothing. */
  get held(): unknown {
    return this.#held
  }

  /** A batch is in hand, whose items have the numbers from `firstNumber` on. */
  begin(traces: ItemTraces | undefined, firstNumber: number, arrivedMs: number): void {
    this.#traces = traces ?? []
    this.#firstNumber = firstNumber
    this.#arrival.arrivedMs = arrivedMs
    this.#seek(0)
    this.#dueIndex = 0
  }

  // They are in the order of their items.
  #seek(cursor: number): void {
    this.#cursor = cursor
    const index = this.#traces[cursor]
    this.#nextIndex = typeof index === 'number' ? index : nowhere
  }

  #seekNext(): void {
    let next = this.#cursor + entryLength
    while (typeof this.#traces[next] === 'string') next += 1
    this.#seek(next)
  }

  // Whatever a peer may have sent, they are whole numbers then; what is missing is 0, which is no id.
  #readIds(): void {
    const traces = this.#traces as number[]
    const arrival = this.#arrival
    const at = this.#cursor
    arrival.trace0 = (traces[at + 1] as number) | 0
    arrival.trace1 = (traces[at + 2] as number) | 0
    arrival.trace2 = (traces[at + 3] as number) | 0
    arrival.trace3 = (traces[at + 4] as number) | 0
    arrival.span0 = (traces[at + 5] as number) | 0
    arrival.span1 = (traces[at + 6] as number) | 0
    const baggage = this.#textAt(at + entryLength)
    arrival.baggage = baggage === '' ? undefined : baggage
    arrival.traceState = baggage === undefined ? undefined : this.#textAt(at + entryLength + 1)
  }

  #textAt(at: number): string | undefined {
    const text = this.#traces[at]
    return typeof text === 'string' ? text : undefined
  }

  /** True if `hold` has something to do for the item; it may be asked only by the task that was handed the one before. */
  isDue(index: number): boolean {
    return index >= this.#dueIndex || this.#changeCount !== handChanges.count
  }

  /** Where a batch from `start` on ends, `end` at the latest: a sampled item is alone in its own. */
  cut(start: number, end: number): number {
    while (this.#nextIndex < start) this.#seekNext()
    return this.#nextIndex === start ? start + 1 : Math.min(this.#nextIndex, end)
  }

  /** Makes the task hold the trace of the item it is handed, and lets go of the one before. */
  hold(index: number, waited: Scope | undefined): void {
    const scope = waited ?? ambientScope()
    this.release()
    while (this.#nextIndex < index) this.#seekNext()
    if (this.#nextIndex === index) {
      this.#arrival.itemNumber = this.#firstNumber + index
      this.#readIds()
      const held = this.#tracer.itemReceived?.(this.#hop, this.#arrival) ?? null
      if (held !== null) this.#held = held
      this.#seekNext()
    } else if (this.#tracer.itemTentative !== undefined) {
      this.#arrival.itemNumber = this.#firstNumber + index
      this.#held = this.#tracer.itemTentative(this.#hop, this.#arrival)
    }
    if (scope !== undefined) giveItem(scope, this, this.#held ?? null)
    if (this.#reader !== undefined && this.#reader !== scope) this.#shared = true
    this.#reader = scope
    this.#changeCount = handChanges.count
    if (this.#shared) this.#dueIndex = 0
    else this.#dueIndex = this.#held === undefined ? this.#nextIndex : index + 1
  }

  /** The consumer is done with the item in hand. */
  release(): void {
    if (this.#held === undefined) return
    this.#tracer.itemDone?.(this.#held)
    this.#held = undefined
    this.#reader?.usedHand?.finish(this)
  }

  /** The task that has come to the end is done with the last item. */
  end(scope: Scope | undefined): void {
    this.release()
    endGiving(scope, this, 'ended')
  }

  /** The consumer leaves, with an item in hand: done with it, cancelled, or failing, which its task will tell. */
  leave(): void {
    const reason = this.#reader?.reason
    if (this.#held !== undefined) {
      if (reason === undefined) this.#tracer.itemLeft?.(this.#held)
      else this.#tracer.itemDone?.(this.#held, reason, true)
    }
    this.#held = undefined
    endGiving(this.#reader, this, 'left')
  }
}
