import { describeValue } from './value-checks.ts'

/** What items can be ranked by. Numbers and bigints compare with each other; the other kinds only among themselves. */
export type Rankable = number | bigint | string | Date

type Rank = number | bigint | string

interface Entry<Item> {
  rank: Rank
  arrival: number
  item: Item
}

/**
 * The `count` largest items met so far: what `topN` remembers. A heap whose root is the first to be displaced, so memory stays at
 * `count` items and an item that does not make it costs one comparison.
 */
export class LargestItems<Item> {
  readonly #count: number
  readonly #heap: Entry<Item>[] = []
  #kind: string | undefined
  #arrivals = 0

  constructor(count: number) {
    this.#count = count
  }

  /**
   * Keeps an item, if it is large enough; where it does so.
   *
   * @throws TypeError for a rank that has no order, or that is of another kind than those before it.
   */
  offer(by: unknown, item: Item): object | undefined {
    const rank = this.#rankOf(by)
    const arrival = this.#arrivals++
    if (this.#heap.length < this.#count) {
      const entry = { rank, arrival, item }
      this.#heap.push(entry)
      this.#siftUp(this.#heap.length - 1)
      return entry
    }
    const root = this.#heap[0]
    // Strictly greater: of equal items the earlier one stays.
    if (root === undefined || !(rank > root.rank)) return undefined
    const entry = { rank, arrival, item }
    this.#heap[0] = entry
    this.#siftDown()
    return entry
  }

  /** The items kept, largest first; equal ones in the order in which they arrived. */
  descending(): Item[] {
    return this.#sorted().map((entry) => entry.item)
  }

  /** Where each of these is kept. */
  places(): object[] {
    return this.#sorted()
  }

  #sorted(): Entry<Item>[] {
    return this.#heap.toSorted((a, b) => (isBelow(a, b) ? 1 : -1))
  }

  #rankOf(by: unknown): Rank {
    const rank = by instanceof Date ? by.getTime() : by
    const isRank = typeof rank === 'number' || typeof rank === 'bigint' || typeof rank === 'string'
    if (!isRank) throw new TypeError(`topN ranks by numbers, strings or dates, but got ${describeValue(by)}`)
    if (Number.isNaN(rank)) throw new TypeError(`topN cannot rank ${by instanceof Date ? 'an invalid date' : 'NaN'}`)
    const kind = by instanceof Date ? 'date' : typeof rank === 'string' ? 'string' : 'number'
    this.#kind ??= kind
    if (kind !== this.#kind) throw new TypeError(`topN cannot rank a ${kind} among ${this.#kind}s`)
    return rank
  }

  #siftUp(start: number): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBelow(at, parent)) return
      at = parent
    }
  }

  #siftDown(): void {
    const size = this.#heap.length
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) return
      if (child + 1 < size && isBelow(this.#heap[child + 1]!, this.#heap[child]!)) child += 1
      if (!this.#swapIfBelow(child, at)) return
      at = child
    }
  }

  #swapIfBelow(lower: number, upper: number): boolean {
    const a = this.#heap[lower]!
    const b = this.#heap[upper]!
    if (!isBelow(a, b)) return false
    this.#heap[lower] = b
    this.#heap[upper] = a
    return true
  }
}

/** Whether `a` would be displaced before `b`: it is smaller, or as large and later. */
function isBelow(a: Entry<unknown>, b: Entry<unknown>): boolean {
  if (a.rank < b.rank) return true
  if (a.rank > b.rank) return false
  return a.arrival > b.arrival
}
