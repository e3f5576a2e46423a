import { areAnyKnown, Batch, type Tentative } from '../engine/index.ts'
import type { BatchedInput } from './input-batches.ts'
import { StepHand } from './step-hand.ts'

/** How items travel inside a stage: an array at a time. */
export type Flow = AsyncIterable<readonly unknown[]>

// How many items of a synchronous sequence make up a batch.
const syncBatchCount = 256

/** A flow as user code sees it: item by item, or with `batches()` as it is. `hand` is that of who pulls it. */
export function itemsOf(flow: Flow, hand: StepHand = new StepHand()): BatchedInput<unknown> {
  const pulled = { [Symbol.asyncIterator]: () => new PulledFlow(flow[Symbol.asyncIterator](), hand) }
  return {
    [Symbol.asyncIterator]: () => new FlowItems(pulled[Symbol.asyncIterator](), hand),
    batches: () => pulled,
  }
}

/** A flow of which the hand that pulls it takes note. */
class PulledFlow implements AsyncIterableIterator<readonly unknown[]> {
  readonly #batches: AsyncIterator<readonly unknown[]>
  readonly #hand: StepHand

  constructor(batches: AsyncIterator<readonly unknown[]>, hand: StepHand) {
    this.#batches = batches
    this.#hand = hand
  }

  async next(): Promise<IteratorResult<readonly unknown[]>> {
    this.#hand.ask()
    const result = await this.#batches.next()
    if (result.done === true) this.#hand.end()
    else this.#hand.pull(result.value)
    return result
  }

  async return(): Promise<IteratorResult<readonly unknown[]>> {
    this.#hand.leave()
    await this.#batches.return?.()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

// Written by hand: an async generator that flattens the arrays would double the cost of an item.
class FlowItems implements AsyncIterableIterator<unknown> {
  readonly #batches: AsyncIterator<readonly unknown[]>
  readonly #hand: StepHand
  #items: readonly unknown[] = []
  // Of the batch, where anybody wants to know which of its items fails.
  #tentative: Tentative | undefined
  #index = 0
  // Calls are served in order, though one may be made before the last has settled.
  #last: Promise<IteratorResult<unknown>> | undefined

  constructor(batches: AsyncIterator<readonly unknown[]>, hand: StepHand) {
    this.#batches = batches
    this.#hand = hand
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#last === undefined && this.#index < this.#items.length) {
      this.#hand.goOn()
      return Promise.resolve({ value: this.#take(), done: false })
    }
    const result = this.#last === undefined ? this.#advance() : this.#last.then(() => this.#advance())
    this.#last = result
    const settled = () => {
      if (this.#last === result) this.#last = undefined
    }
    result.then(settled, settled)
    return result
  }

  async #advance(): Promise<IteratorResult<unknown>> {
    while (this.#index >= this.#items.length) {
      const { done, value } = await this.#batches.next()
      if (done === true) return { value: undefined, done: true }
      this.#items = value
      this.#tentative = this.#hand.tentativeOf(value)
      this.#index = 0
    }
    return { value: this.#take(), done: false }
  }

  #take(): unknown {
    const index = this.#index
    this.#tentative?.begin(index)
    this.#index = index + 1
    return this.#items[index]
  }

  async return(): Promise<IteratorResult<unknown>> {
    await this.#batches.return?.()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/**
 * What user code gave back, as a flow: its `batch(...)`es as they are, other items one by one. Of a step, they go on with the
 * trace of what it has in its `hand`.
 */
export async function* flowOf(source: unknown, what: string, hand?: StepHand): AsyncGenerator<readonly unknown[]> {
  const given = await source
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) {
    for await (const item of given as AsyncIterable<unknown>) {
      const items = item instanceof Batch ? item.items : [item]
      if (hand !== undefined && areAnyKnown(items)) yield* hand.giveTold(items)
      else {
        hand?.give(items)
        yield items
      }
    }
  } else if (typeof given === 'object' && given !== null && Symbol.iterator in given) {
    for (const items of syncFlow(given as Iterable<unknown>)) {
      if (hand !== undefined && areAnyKnown(items)) yield* hand.giveTold(items)
      else {
        hand?.give(items)
        yield items
      }
    }
  } else {
    throw new TypeError(
      `${what} must return an iterable or async iterable, not ${given === null ? 'null' : typeof given}`,
    )
  }
}

function* syncFlow(source: Iterable<unknown>): Generator<readonly unknown[]> {
  let items: unknown[] = []
  // What is handed out is not here any more: where the flow is left then, what the source throws ends it.
  const taken = (): readonly unknown[] => {
    const all = items
    items = []
    return all
  }
  try {
    for (const item of source) {
      if (item instanceof Batch) {
        if (items.length > 0) yield taken()
        yield item.items
      } else if (items.push(item) >= syncBatchCount) {
        yield taken()
      }
    }
  } catch (error) {
    // What came before the error is delivered before it.
    if (items.length > 0) yield items
    throw error
  }
  if (items.length > 0) yield items
}
