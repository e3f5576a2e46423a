import {
  adoptItemTrace,
  type Batch,
  batch,
  createItems,
  currentSignal,
  interruptible,
  isJoined,
} from '../engine/index.ts'
import { blame } from './blame.ts'
import type { OutputWire, ReaderWire } from './wiring.ts'

// How finely work is dealt out among the actors that share a stage's output.
const largestShare = 64

interface Chunk {
  readonly items: readonly unknown[]
  readonly trace: unknown
}

/**
 * The output of a stage's actor: every consumer stage gets all of it (broadcast), and the actors of one consumer stage
 * share it by demand. Nothing flows before all the readers it was told of are there, and it holds no more than one batch
 * for each of them.
 */
export class Outlet {
  readonly #groups = new Map<string, ReaderGroup>()
  #ended = false
  #failure: Error | undefined
  // Whoever waits for a reader to come, to take something or to leave.
  #change = Promise.withResolvers<void>()

  readonly #onUnwanted: () => void

  /** `onUnwanted` is called when the last reader has left before the end. */
  constructor(outputs: readonly OutputWire[], onUnwanted: () => void) {
    this.#onUnwanted = onUnwanted
    for (const output of outputs) this.#addGroup(output)
  }

  #addGroup(output: OutputWire): ReaderGroup {
    const group = new ReaderGroup(output, () => this.#changed())
    this.#groups.set(output.consumer, group)
    return group
  }

  #changed(): void {
    if (this.unwanted && !this.#ended) this.#onUnwanted()
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  /** True once every reader has left: what is put out from now on is wanted by nobody. */
  get unwanted(): boolean {
    return this.#groups.size > 0 && [...this.#groups.values()].every((group) => group.left)
  }

  /** The readers that have not taken yet what they were given. */
  get waitingFor(): string[] {
    const slow = [...this.#groups.values()].filter((group) => !group.hasRoom)
    return slow.map((group) => group.consumer)
  }

  /** Hands a batch to every reader; waits until each can take it. False when nobody wants more; throws if one could not be sent. */
  async push(items: readonly unknown[], trace: unknown): Promise<boolean> {
    while (!this.hasRoom) await this.#nextChange()
    if (this.unwanted) return false
    // What several readers get of one item is to be one trace.
    const chunks = this.#groups.size > 1 ? createdOnce(items, trace) : [{ items, trace }]
    for (const chunk of chunks) for (const group of this.#groups.values()) group.offer(chunk)
    return true
  }

  async #nextChange(): Promise<void> {
    if (this.#failure === undefined) await interruptible(this.#change.promise)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** An item cannot be sent: that is this stage's failure, not its reader's, who waits until the run is over. */
  async #failSending(error: unknown): Promise<never> {
    this.#failure ??= blame(error, {})
    this.#changed()
    await interruptible(new Promise(() => undefined))
    throw error
  }

  /** True if a batch could be handed out now, without a wait. */
  get hasRoom(): boolean {
    return this.#groups.size > 0 && [...this.#groups.values()].every((group) => group.hasRoom)
  }

  /** Ends the output; waits until all of it was taken and every reader told. */
  async end(): Promise<void> {
    this.#ended = true
    for (const group of this.#groups.values()) group.end()
    while (![...this.#groups.values()].every((group) => group.left)) await this.#nextChange()
  }

  /** One of a consumer's actors will not come, or has left: whichever of the two it was. */
  decline(reader: ReaderWire): void {
    const group = this.#groups.get(reader.consumer)
    group?.attach(reader)
    group?.detach(reader)
    this.#changed()
  }

  /** The output as one reader sees it; ends early for the stage when all readers leave early. */
  async *read(reader: ReaderWire): AsyncGenerator<Batch<unknown>> {
    const group = this.#groups.get(reader.consumer) ?? this.#addGroup(reader)
    if (this.#ended) group.end()
    const signal = currentSignal()
    group.attach(reader)
    this.#changed()
    try {
      for (;;) {
        const chunk = await group.take(signal)
        if (chunk === undefined) return
        adoptItemTrace(chunk.trace)
        try {
          yield batch(chunk.items)
        } catch (error) {
          await this.#failSending(error)
        }
      }
    } finally {
      group.detach(reader)
      this.#changed()
    }
  }
}

/** The items of a batch that begin here, or were made of several, each sampled one by itself, with a span of its own. */
function createdOnce(items: readonly unknown[], trace: unknown): Chunk[] {
  const begins = trace === undefined || isJoined(trace)
  const created = begins ? createItems(items.length, trace) : undefined
  if (created === undefined) return [{ items, trace }]
  const chunks: Chunk[] = []
  let start = 0
  for (const { index, trace } of created) {
    if (index > start) chunks.push({ items: items.slice(start, index), trace: null })
    chunks.push({ items: items.slice(index, index + 1), trace })
    start = index + 1
  }
  if (start < items.length) chunks.push({ items: start === 0 ? items : items.slice(start), trace: null })
  return chunks
}

/** The actors of one consumer stage. Whoever asks first gets the next share, so a slow one gets less. */
class ReaderGroup {
  readonly consumer: string
  readonly #actorCount: number
  readonly #changed: () => void
  // The shares of one batch at most.
  #shares: Chunk[] = []
  #waiting: ((chunk: Chunk | undefined) => void)[] = []
  // By their ids: one that leaves while it is on its way may say so twice.
  readonly #attached = new Set<string>()
  readonly #detached = new Set<string>()
  #ended = false

  constructor(output: OutputWire, changed: () => void) {
    this.consumer = output.consumer
    this.#actorCount = output.actorCount
    this.#changed = changed
  }

  get left(): boolean {
    return this.#detached.size >= this.#actorCount
  }

  /** True if another batch may be offered: all readers are there and have taken the last one, or all have left. */
  get hasRoom(): boolean {
    return this.left || (this.#attached.size >= this.#actorCount && this.#shares.length === 0)
  }

  attach({ id }: ReaderWire): void {
    this.#attached.add(id)
  }

  detach({ id }: ReaderWire): void {
    this.#detached.add(id)
    if (this.left) this.#shares = []
  }

  offer({ items, trace }: Chunk): void {
    if (this.left) return
    if (this.#actorCount === 1) this.#shares.push({ items, trace })
    else {
      const size = Math.min(largestShare, Math.ceil(items.length / this.#actorCount))
      for (let i = 0; i < items.length; i += size) this.#shares.push({ items: items.slice(i, i + size), trace })
    }
    while (this.#waiting.length > 0 && this.#shares.length > 0) this.#waiting.shift()?.(this.#shares.shift())
  }

  end(): void {
    this.#ended = true
    if (this.#shares.length > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve(undefined)
  }

  /** The next share; waits for one. Undefined at the end; rejects when `signal` aborts. */
  async take(signal: AbortSignal): Promise<Chunk | undefined> {
    const share = this.#shares.shift()
    if (share !== undefined) {
      if (this.#shares.length === 0) {
        if (this.#ended) this.end()
        this.#changed()
      }
      return share
    }
    if (this.#ended) return undefined
    signal.throwIfAborted()
    return await new Promise((resolve, reject) => {
      const settle = (chunk: Chunk | undefined) => {
        signal.removeEventListener('abort', giveUp)
        resolve(chunk)
      }
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== settle)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(settle)
    })
  }
}
