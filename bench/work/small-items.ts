/** What most streams carry: a small record. About 46 bytes as msgpack, 32 where its keys are known already. */
export interface SmallItem {
  readonly id: number
  readonly value: string
  readonly ts: number
}

const value = 'twenty characters...'

/** A quarter of the stream is sent before the clock starts: the compilers of both ends have seen their loops then. */
export const warmUp = (count: number): number => Math.ceil(count / 4)

export function smallItem(id: number): SmallItem {
  return { id, value, ts: 1_700_000_000_000 + id }
}

export function* smallItems(count: number): Generator<SmallItem> {
  for (let id = 0; id < count; id += 1) yield smallItem(id)
}

export async function* smallItemsAsync(count: number): AsyncGenerator<SmallItem> {
  for (let id = 0; id < count; id += 1) yield smallItem(id)
}

export function* smallItemArrays(count: number, size: number): Generator<SmallItem[]> {
  for (let id = 0; id < count; id += size) {
    const items: SmallItem[] = []
    for (let i = id; i < Math.min(id + size, count); i += 1) items.push(smallItem(i))
    yield items
  }
}

/** Adds up what arrives, and throws if that is not all of it, once each. */
export class Tally {
  #count = 0
  #sum = 0

  add(item: { readonly id: number }): void {
    this.#count += 1
    this.#sum += item.id
  }

  check(count: number): void {
    const sum = (count * (count - 1)) / 2
    if (this.#count === count && this.#sum === sum) return
    throw new Error(`${this.#count} items with the sum ${this.#sum} arrived, not ${count} with ${sum}`)
  }
}
