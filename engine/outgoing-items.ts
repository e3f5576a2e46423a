import { FrameTooLargeError } from './errors.ts'
import { type Frame, Kind, type PackedYieldFrame, type YieldFrame } from './frame.ts'
import type { TraceIds } from './interceptor.ts'
import { ItemPacker } from './item-packer.ts'
import { TracePacker } from './packed-traces.ts'
import { readyToSend } from './ready-to-send.ts'
import { attachmentBytes, weighWithin } from './weigh.ts'

// After an item that the packer leaves to the general encoder, so many go there untried: a stream that mixes both kinds
// would be cut into runs of one.
const looseRunCount = 64

/** Begins the trace of the item of that number that was sent then. Undefined if it is not followed after all. */
export type BeginTrace = (itemNumber: number, sentMs: number) => TraceIds | undefined

/**
 * The batch that a sender gathers: runs of items that are bytes already, and of others that the channel's encoder will
 * take with the rest of the flush. Each run is a frame.
 */
export class OutgoingItems {
  readonly #packer = new ItemPacker()
  readonly #traces = new TracePacker()
  readonly #runs: (YieldFrame | PackedYieldFrame)[] = []
  readonly #contextId: number
  readonly #beginTrace: BeginTrace
  // The items of the run that are drawn: their places in it, their numbers, and when they were sent.
  readonly #drawnIndexes: number[] = []
  readonly #drawnNumbers: number[] = []
  readonly #drawnMs: number[] = []
  #drawnCount = 0
  #loose: unknown[] = []
  #looseLeft = 0
  #runWeight = 0

  /** How many items there are, and what they weigh. */
  count = 0
  weight = 0
  /** How much of that is of items so large that their bytes are not packed. */
  largeWeight = 0

  constructor(contextId: number, beginTrace: BeginTrace) {
    this.#contextId = contextId
    this.#beginTrace = beginTrace
  }

  /** An item is being taken in: what is asked here is asked by one of its getters. */
  get isAdding(): boolean {
    return this.#packer.isAdding
  }

  /** Takes in an item, as it is now. Returns its weight. Throws if it cannot travel; then nothing has changed. */
  add(item: unknown, maxBytes: number): number {
    let weight = 0
    if (this.#looseLeft <= 0) {
      // A run has one kind of items only; this one is empty as yet, or is of that kind.
      if (this.#loose.length > 0) this.#closeRun()
      weight = this.#packer.add(item)
      if (weight === 0) this.#looseLeft = looseRunCount
    }
    if (weight === 0) {
      weight = weighWithin(item, maxBytes)
      if (weight > maxBytes) throw new FrameTooLargeError('an item', weight, maxBytes)
      const ready = readyToSend(item, weight)
      if (this.#packer.count > 0) this.#closeRun()
      this.#loose.push(ready)
      if (weight >= attachmentBytes) this.largeWeight += weight
      this.#looseLeft -= 1
    }
    this.count += 1
    this.weight += weight
    this.#runWeight += weight
    return weight
  }

  /** Notes the trace of the item that was added last. Those of the ones before it must have been begun. */
  trace(ids: TraceIds): void {
    this.#traces.add(this.#runCount() - 1, ids)
  }

  /**
   * Notes that the item that was added last, the one of that number in its stream, begins a trace. Where one item in a hundred
   * does, most of what that costs is code and memory that is touched for it alone, in the midst of everything else: so it is
   * done for all of a run when that is closed, unless somebody calls `beginTraces` before.
   */
  traceLater(itemNumber: number, sentMs: number): void {
    const drawn = this.#drawnCount
    this.#drawnIndexes[drawn] = this.#runCount() - 1
    this.#drawnNumbers[drawn] = itemNumber
    this.#drawnMs[drawn] = sentMs
    this.#drawnCount = drawn + 1
  }

  #runCount(): number {
    return Math.max(this.#packer.count, this.#loose.length)
  }

  /** Begins the traces that were to be begun later. */
  beginTraces(): void {
    for (let i = 0; i < this.#drawnCount; i += 1) {
      const ids = this.#beginTrace(this.#drawnNumbers[i] as number, this.#drawnMs[i] as number)
      if (ids !== undefined) this.#traces.add(this.#drawnIndexes[i] as number, ids)
    }
    this.#drawnCount = 0
  }

  /** Hands over all of it, as frames to be encoded before the next item is added. Returns its weight. */
  take(frames: Frame[]): number {
    this.#closeRun()
    for (const run of this.#runs) frames.push(run)
    this.#runs.length = 0
    this.#packer.clear()
    this.#traces.clear()
    const { weight } = this
    this.count = 0
    this.weight = 0
    this.largeWeight = 0
    return weight
  }

  #closeRun(): void {
    const packed = this.#packer.count > 0
    if (!packed && this.#loose.length === 0) return
    const run: YieldFrame | PackedYieldFrame = packed
      ? [Kind.yield, this.#contextId, this.#packer.takeRun(), this.#runWeight]
      : [Kind.yield, this.#contextId, this.#loose, this.#runWeight]
    this.beginTraces()
    const traces = this.#traces.takeRun()
    if (traces !== undefined) run.push(traces)
    this.#runs.push(run)
    this.#loose = []
    this.#runWeight = 0
  }
}
