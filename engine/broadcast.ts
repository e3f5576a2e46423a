import { DrainSlice } from './drain-slice.ts'
import { StreamClosedError } from './errors.ts'
import { ambientScope, runInScope, Scope } from './scope.ts'

/** What is shared. */
export interface BroadcastSource<T> {
  /** Whatever has arrived, never an empty array; waits, in the ambient scope. Not asked again before it has answered. */
  nextBatch(): Promise<IteratorResult<readonly T[], undefined>>
  /** The last reader has left. Waits until what leaving ends has ended. */
  leave(): Promise<void>
  /** True if a source that was left gives nothing more; another goes on when somebody comes again. */
  readonly endsWhenLeft: boolean
}

/** One of those who read it, each at its own pace. */
export interface BroadcastReader {
  /** The number of the item that it takes next. */
  readonly position: number
  /** Nothing may be dropped that it has not taken. */
  readonly holds: boolean
  /** Something has come, or there is room again: it takes what it waits for. */
  serve(): void
}

const defaultCapacityCount = 1024

/**
 * Gives several readers every item of one source, through a ring of the last items. The reader in front pulls the source;
 * what it has taken stays in the ring until all have, or newer items need the room. Only readers that hold make the one
 * in front wait. Owned by the stream that is shared; the source is left with the last reader.
 */
export class Broadcast<T> {
  readonly #source: BroadcastSource<T>
  readonly #owner: unknown = ambientScope()?.owner
  readonly #slice = new DrainSlice(() => this.#serve())
  // Undefined until the first reader has said how much it wants.
  #capacity: number | undefined
  // The items numbered from `#oldest` up to before `#head`, each at its number modulo the capacity.
  #ring: (T | undefined)[] = []
  #traces: unknown[] = []
  #oldest = 0
  #head = 0
  // What was pulled and nobody has taken yet. It is one batch of the source, so the source's credit bounds it.
  #staged: readonly T[] = []
  #stagedIndex = 0
  #trace: unknown = undefined
  readonly #present = new Set<BroadcastReader>()
  readonly #holders = new Set<BroadcastReader>()
  readonly #waiting = new Set<BroadcastReader>()
  // Interrupted while they waited: they may come back, and then want what has come meanwhile.
  readonly #away = new Set<BroadcastReader>()
  // How far the slowest holder lets the head go; looked up again when it is reached, or -1.
  #limit = -1
  #blocked = false
  #pulling = false
  #pullScope: Scope | undefined
  #serving = false
  #serveAgain = false
  #end: { readonly error: unknown } | undefined
  #leaving: Promise<void> | undefined

  constructor(source: BroadcastSource<T>) {
    this.#source = source
  }

  /** How the source has ended, after the item before the head; undefined while it has not. */
  get end(): { readonly error: unknown } | undefined {
    return this.#end
  }

  /** True once the source was left and gives nothing more, to nobody. */
  get left(): boolean {
    return this.#leaving !== undefined
  }

  get readerCount(): number {
    return this.#present.size
  }

  get capacityCount(): number {
    return this.#capacity ?? defaultCapacityCount
  }

  /** The number of the first item that is still there. */
  get oldest(): number {
    return this.#oldest
  }

  /** The number of the item that comes next: a new reader begins there. */
  get head(): number {
    return this.#head
  }

  /** Makes the ring at least so large. Without a count it stays as it is, or gets the default. */
  reserve(capacityCount: number | undefined): void {
    const capacity = this.#capacity
    if (capacity === undefined) this.#capacity = capacityCount ?? defaultCapacityCount
    if (capacity === undefined || capacityCount === undefined || capacityCount <= capacity) return
    const [items, traces] = [this.#ring, this.#traces]
    this.#ring = []
    this.#traces = []
    this.#capacity = capacityCount
    for (let number = this.#oldest; number < this.#head; number += 1) {
      this.#ring[number % capacityCount] = items[number % capacity]
      if (traces.length > 0) this.#traces[number % capacityCount] = traces[number % capacity]
    }
    this.#makeRoom()
  }

  join(reader: BroadcastReader): void {
    this.#away.delete(reader)
    this.#present.add(reader)
    if (!reader.holds) return
    this.#holders.add(reader)
    this.#limit = -1
  }

  /**
   * The reader takes no more, for good or until it joins again. The last one to leave also leaves the source, and waits
   * for that; rejects with what leaving it rejects with.
   */
  async leave(reader: BroadcastReader, options: { mayReturn?: boolean; reason?: Error } = {}): Promise<void> {
    const wasPresent = this.#present.delete(reader)
    this.#waiting.delete(reader)
    if (options.mayReturn === true && this.#leaving === undefined) this.#away.add(reader)
    else this.#away.delete(reader)
    if (this.#holders.delete(reader)) this.#makeRoom()
    this.#dropTaken()
    if (!wasPresent || this.#present.size > 0 || this.#end !== undefined) {
      // Whoever comes after the last one waits as well; the failure is the last one's.
      return await this.#leaving?.catch(() => undefined)
    }
    await this.#leaveSource(options.reason)
  }

  #leaveSource(reason: Error = new StreamClosedError('its consumer left the stream')): Promise<void> {
    // A pull that nobody waits for would take an item, or the error that ends the source, from whoever asks next.
    this.#pullScope?.cancel(reason)
    this.#pullScope = undefined
    const left = this.#source.leave()
    if (!this.#source.endsWhenLeft) return left
    this.#end = { error: undefined }
    this.#staged = []
    this.#stagedIndex = 0
    this.#ring = []
    this.#oldest = this.#head
    this.#away.clear()
    this.#leaving = left
    return left
  }

  /** The reader waits: `serve` is called when there may be something for it. */
  wait(reader: BroadcastReader): void {
    this.#waiting.add(reader)
    if (this.#waiting.size === this.#present.size) this.#dropTaken()
  }

  stopWaiting(reader: BroadcastReader): void {
    this.#waiting.delete(reader)
  }

  /** A reader that holds has gone on. */
  passed(): void {
    if (this.#blocked) this.#makeRoom()
  }

  #makeRoom(): void {
    this.#limit = -1
    this.#blocked = false
    this.#serve()
  }

  item(number: number): T {
    return this.#ring[number % this.capacityCount] as T
  }

  /** The trace of an item: undefined if nobody traces, null if it is not sampled. */
  trace(number: number): unknown {
    return this.#traces.length === 0 ? undefined : this.#traces[number % this.capacityCount]
  }

  /** True if handing out another item has to wait for the event loop to turn: `serve` is called after it. */
  mustPause(): boolean {
    return this.#slice.mustPause()
  }

  /** Moves the head on by one item that is at hand; false if there is none, or holders need the room. Never waits. */
  advance(): boolean {
    if (this.#stagedIndex === this.#staged.length || !this.#hasRoom()) return false
    const capacity = this.capacityCount
    if (this.#head - this.#oldest === capacity) this.#oldest += 1
    const slot = this.#head % capacity
    this.#ring[slot] = this.#staged[this.#stagedIndex]
    if (this.#trace !== undefined) this.#traces[slot] = this.#trace
    this.#head += 1
    this.#stagedIndex += 1
    if (this.#stagedIndex === this.#staged.length) {
      this.#staged = []
      this.#stagedIndex = 0
    }
    return true
  }

  #hasRoom(): boolean {
    if (this.#head < this.#limit) return true
    let slowest = Infinity
    for (const holder of this.#holders) slowest = Math.min(slowest, holder.position)
    this.#limit = slowest + this.capacityCount
    this.#blocked = this.#head >= this.#limit
    return !this.#blocked
  }

  /** Asks the source for more, unless that is under way, or there is no room for it. For a reader at the head. */
  pull(): void {
    if (this.#pulling || this.#end !== undefined || this.#stagedIndex < this.#staged.length || !this.#hasRoom()) return
    this.#pulling = true
    this.#dropTaken()
    // One pull serves all: it must not end with the scope of the reader that happened to ask first.
    this.#pullScope ??= new Scope(this.#owner)
    const scope = this.#pullScope
    runInScope(scope, () => this.#source.nextBatch()).then(
      (result) => this.#arrived(result, scope),
      (error: unknown) => this.#failed(error, scope),
    )
  }

  #arrived(result: IteratorResult<readonly T[], undefined>, scope: Scope): void {
    this.#pulling = false
    if (this.#end !== undefined) return
    if (result.done === true) this.#end = { error: undefined }
    else {
      this.#staged = result.value
      this.#trace = scope.itemTrace
    }
    this.#serve()
  }

  #failed(error: unknown, scope: Scope): void {
    this.#pulling = false
    if (this.#end !== undefined) return
    // Else it was called off, and somebody may have come since.
    if (error !== scope.reason) this.#end = { error }
    this.#serve()
  }

  #serve(): void {
    this.#serveAgain = true
    if (this.#serving) return
    this.#serving = true
    while (this.#serveAgain) {
      this.#serveAgain = false
      for (const reader of this.#waiting) reader.serve()
    }
    this.#serving = false
  }

  /** Lets go of the items that everybody has taken, and of readers away for whom nothing is left. */
  #dropTaken(): void {
    let slowest = this.#head
    for (const reader of this.#present) slowest = Math.min(slowest, reader.position)
    for (const reader of this.#away) {
      if (reader.position < this.#oldest) this.#away.delete(reader)
      else slowest = Math.min(slowest, reader.position)
    }
    for (; this.#oldest < slowest; this.#oldest += 1) {
      const slot = this.#oldest % this.capacityCount
      this.#ring[slot] = undefined
      if (this.#traces.length > 0) this.#traces[slot] = undefined
    }
  }
}
