// Small enough for the fastest kind of number there is. With more than that to pass over it is drawn again on the way, which
// changes nothing: how long it still takes does not depend on how long it has taken.
const longestRun = 2 ** 30

/**
 * Draws which of the items that begin here are followed, each with the same chance. It draws how many to pass over until the
 * next one and not once for each: an item that is not followed costs one subtraction, which whoever sends it may make.
 */
export class ItemSampler {
  // What one more failure does to the logarithm of their chance.
  readonly #logOfMiss: number
  readonly #random: () => number
  /** How many that begin are passed over until the next one is asked about. */
  beginning = 0
  #thenTake = false

  /** `random` gives numbers from 0 to below 1. */
  constructor(ratio: number, random: () => number = Math.random) {
    this.#logOfMiss = Math.log1p(-ratio)
    this.#random = random
    this.#draw()
  }

  /** True if the next item is to be followed. */
  take(): boolean {
    if (this.beginning > 0) {
      this.beginning -= 1
      return false
    }
    const taken = this.#thenTake
    this.#draw()
    return taken
  }

  // How long a run of failures is, when each trial succeeds with the chance of `ratio`.
  #draw(): void {
    const run = Math.floor(Math.log(1 - this.#random()) / this.#logOfMiss)
    this.#thenTake = run < longestRun
    // Whatever it is, also a negative zero, it is a whole number then.
    this.beginning = this.#thenTake ? run | 0 : longestRun - 1
  }
}
