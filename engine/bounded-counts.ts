/** The name under which is counted what there is no room for. */
export const otherName = 'other'

/** Counts by name, of which there may be so many; the rest are counted together. For names that come from outside. */
export class BoundedCounts {
  readonly #counts = new Map<string, number>()
  readonly #maxNameCount: number

  constructor(maxNameCount: number) {
    this.#maxNameCount = maxNameCount
  }

  add(name: string): void {
    const counts = this.#counts
    const key = counts.has(name) || counts.size < this.#maxNameCount ? name : otherName
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }

  /** In the order in which the names came up. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}
