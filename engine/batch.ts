/**
 * Many items handed over at once. A generator that has several values in hand yields `batch(values)`: its consumer
 * still sees them one by one and in order, but the engine pays for one yield instead of one a value.
 */
export class Batch<out T> {
  readonly items: readonly T[]

  constructor(items: readonly T[]) {
    this.items = items
  }
}

/** Wraps values so that yielding them counts as one yield of all of them. The array must not be changed afterwards. */
export function batch<T>(items: readonly T[]): Batch<T> {
  return new Batch(items)
}

/** The item type that a consumer sees of a generator which yields `Yielded`. */
export type ItemOf<Yielded> = Yielded extends Batch<infer T> ? T : Yielded
