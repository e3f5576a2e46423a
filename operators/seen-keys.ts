/**
 * The keys met so far: what `distinct` remembers. Keys are compared as a `Set` does (`NaN` equals itself; objects by identity).
 * It grows with the number of different keys.
 */
export class SeenKeys {
  readonly #keys = new Set<unknown>()

  /** Whether this key is met for the first time; remembers it. */
  isFirst(key: unknown): boolean {
    const before = this.#keys.size
    this.#keys.add(key)
    return this.#keys.size !== before
  }
}
