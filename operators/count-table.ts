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

  /** Counts a key; where it does so. */
  add(key: Key): object {
    const met = this.#counts.get(key)
    if (met !== undefined) {
      met.count += 1
      return met
    }
    const first = { count: 1 }
    this.#counts.set(key, first)
    return first
  }

  /** The counts, in the order in which the keys were first met. */
  rows(): KeyCount<Key>[] {
    return Array.from(this.#counts, ([key, { count }]) => ({ key, count }))
  }

  /** Where each of these rows was counted. */
  places(): object[] {
    return [...this.#counts.values()]
  }
}
