/**
 * Draws which of the items that begin here are followed, each with the same chance. It draws how many to pass over until the
 * next one and not once for each: an item that is not followed costs one subtraction.
 */
export class ItemSampler {
  readonly #ratio: number
  readonly #random: () => number
  #passOver: number

  /** `random` gives numbers from 0 to below 1. */
  constructor(ratio: number, random: () => number = Math.random) {
    this.#ratio = ratio
    this.#random = random
    this.#passOver = this.#draw()
  }

  /** True if the next item is to be followed. */
  take(): boolean {
    if (this.#passOver > 0) {
      this.#passOver -= 1
      return false
    }
    this.#passOver = this.#draw()
    return true
  }

  // How long a run of failures is, when each trial succeeds with the chance of `ratio`.
  #draw(): number {
    if (this.#ratio >= 1) return 0
    return this.#ratio > 0 ? Math.floor(Math.log(1 - this.#random()) / Math.log1p(-this.#ratio)) : Infinity
  }
}
