import type { ItemGiver } from './hand.ts'
import type { Hop, Interceptor } from './interceptor.ts'
import { Arrival } from './item-ids.ts'
import { endGiving, giveItem, handChanges } from './item-trace.ts'
import { TraceReader } from './packed-traces.ts'
import { ambientScope, type Scope } from './scope.ts'

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
  // Of the sampled items, from the next one on.
  readonly #traces = new TraceReader()
  #firstNumber = 0
  // The item that is handed out, as the tracer is told of it.
  readonly #arrival = new Arrival()
  // The index of the next item to look at.
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
  begin(traces: Uint8Array | undefined, firstNumber: number, arrivedMs: number): void {
    this.#traces.begin(traces)
    this.#firstNumber = firstNumber
    this.#arrival.arrivedMs = arrivedMs
    this.#dueIndex = 0
  }

  /** True if `hold` has something to do for the item; it may be asked only by the task that was handed the one before. */
  isDue(index: number): boolean {
    return index >= this.#dueIndex || this.#changeCount !== handChanges.count
  }

  /** Where a batch from `start` on ends, `end` at the latest: a sampled item is alone in its own. */
  cut(start: number, end: number): number {
    const traces = this.#traces
    while (traces.index < start) traces.skip()
    return traces.index === start ? start + 1 : Math.min(traces.index, end)
  }

  /** Makes the task hold the trace of the item it is handed, and lets go of the one before. */
  hold(index: number, waited: Scope | undefined): void {
    const scope = waited ?? ambientScope()
    this.release()
    const traces = this.#traces
    while (traces.index < index) traces.skip()
    if (traces.index === index) {
      this.#arrival.itemNumber = this.#firstNumber + index
      traces.read(this.#arrival)
      const held = this.#tracer.itemReceived?.(this.#hop, this.#arrival) ?? null
      if (held !== null) this.#held = held
      traces.skip()
    } else if (this.#tracer.itemTentative !== undefined) {
      this.#arrival.itemNumber = this.#firstNumber + index
      this.#held = this.#tracer.itemTentative(this.#hop, this.#arrival)
    }
    if (scope !== undefined) giveItem(scope, this, this.#held ?? null)
    if (this.#reader !== undefined && this.#reader !== scope) this.#shared = true
    this.#reader = scope
    this.#changeCount = handChanges.count
    if (this.#shared) this.#dueIndex = 0
    else this.#dueIndex = this.#held === undefined ? traces.index : index + 1
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
