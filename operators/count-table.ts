/** How often one key was met. */
export interface KeyCount<Key> {
  key: Key
  count: number
}

/**
 * The counts behind `countBy`. Keys are compared as a `Map` does (`NaN` equals itself; objects by identity). It grows with the
 * number of different keys, not with the number of items.
 */
export class CountTable<Key> {
  // One object a key, so that a key met again costs one look-up.
  readonly #counts = new Map<Key, { count: number }>()

  add(key: Key): void {
    const met = this.#counts.get(key)
    if (met === undefined) this.#counts.set(key, { count: 1 })
    else met.count += 1
  }

  /** The counts, in the order in which the keys were first met. */
  rows(): KeyCount<Key>[] {
    return Array.from(this.#counts, ([key, { count }]) => ({ key, count }))
  }
}
