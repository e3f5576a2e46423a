// Small enough for the fastest kind of number there is. With more than that to pass over it is drawn again on the way, which
// changes nothing: how long it still takes does not depend on how long it has taken.
const longestRun = 2 ** 30

/**
 * Draws which of the items that begin here are followed, each with the same chance. It draws how many to pass over until the
 * next one and not once for each: an item that is not followed costs one subtraction, which somebody else may make for it.
 */
export class ItemSampler {
  readonly #ratio: number
  readonly #random: () => number
  /** How many are passed over until the next one. */
  passOver = 0
  #thenTake = false

  /** `random` gives numbers from 0 to below 1. */
  constructor(ratio: number, random: () => number = Math.random) {
    this.#ratio = ratio
    this.#random = random
    this.#draw()
  }

  /** True if the next item is to be followed. */
  take(): boolean {
    if (this.passOver > 0) {
      this.passOver -= 1
      return false
    }
    const taken = this.#thenTake
    this.#draw()
    return taken
  }

  // How long a run of failures is, when each trial succeeds with the chance of `ratio`.
  #draw(): void {
    const run = this.#ratio >= 1 ? 0 : Math.floor(Math.log(1 - this.#random()) / Math.log1p(-this.#ratio))
    this.#thenTake = run < longestRun
    this.passOver = this.#thenTake ? run : longestRun - 1
  }
}
