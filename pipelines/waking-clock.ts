/** Whoever looks at a clock a few times a second, and has not for so long, was stopped, or could not turn its event loop. */
const awayAfterMs = 1_000

/**
 * A clock for one who listens to others, and looks at it a few times a second. It stands still while nobody could look: what was
 * not heard meanwhile is no silence of theirs.
 */
export class WakingClock {
  readonly #clock: () => number
  #lookedAt: number
  #awayMs = 0

  /** `clock` is `performance.now` where absent. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
    this.#lookedAt = clock()
  }

  /** Milliseconds, without those that it stood still. */
  now(): number {
    const now = this.#clock()
    const passedMs = now - this.#lookedAt
    if (passedMs > awayAfterMs) this.#awayMs += passedMs
    this.#lookedAt = now
    return now - this.#awayMs
  }

  /** For how long it has stood still so far. */
  get awayMs(): number {
    return this.#awayMs
  }
}
