/**
 * Draws which of the items that begin here are followed, each with the same chance. It draws how many to pass over until the
 * next one and not once for each: an item that is not followed costs no more than its part in counting them.
 */
export class ItemSampler {
  // What one more failure does to the logarithm of their chance.
  readonly #logOfMiss: number
  readonly #random: () => number
  #left: number

  /** `random` gives numbers from 0 to below 1. */
  constructor(ratio: number, random: () => number = Math.random) {
    this.#logOfMiss = Math.log1p(-ratio)
    this.#random = random
    this.#left = this.draw()
  }

  /** How many are passed over until the next one that is followed; Infinity if there is none. */
  draw(): number {
    if (this.#logOfMiss === 0) return Infinity
    // How long a run of failures is, when each trial succeeds with the chance of the ratio. Never a negative zero.
    return Math.floor(Math.log(1 - this.#random()) / this.#logOfMiss) + 0
  }

  /** True if the next item is to be followed, where they are asked about one by one. */
  take(): boolean {
    if (this.#left > 0) {
      this.#left -= 1
      return false
    }
    this.#left = this.draw()
    return true
  }
}
