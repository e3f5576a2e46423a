import type { Distribution } from '../engine/index.ts'

/** Counts values by the bounds that they are within: a value is in the first whose bound it does not exceed. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds in ascending order. What exceeds the last of them is counted as well. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  /** Counts a value so many times. */
  add(value: number, count = 1): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index += 1
    this.#counts[index] = (this.#counts[index] as number) + count
    this.#sum += value * count
  }

  /** As it is now. */
  get distribution(): Distribution {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum }
  }
}
