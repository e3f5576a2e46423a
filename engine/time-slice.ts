import { steadyMs } from './steady-clock.ts'

// Long enough for thousands of items, short enough for whoever waits for a timer.
const longestMs = 2

/**
 * How long items may be handed on without the event loop having a turn, so that heartbeats, timers and cancellation live
 * under load. Whoever hands them on asks before each, and when the slice is over lets the loop turn and begins another.
 */
export class TimeSlice {
  readonly #itemsBetweenClockReads: number
  #countdown: number
  #beganAt = 0
  #lastClock = 0

  constructor(itemsBetweenClockReads = 16) {
    this.#itemsBetweenClockReads = itemsBetweenClockReads
    this.#countdown = itemsBetweenClockReads
  }

  begin(): void {
    this.#beganAt = this.#lastClock = steadyMs()
  }

  /** True if it is over; to be asked before each item. */
  isOverForItem(): boolean {
    this.#countdown -= 1
    return this.#countdown <= 0 && this.isOver()
  }

  /** The same for many items at once, which are worth a look at the clock. */
  isOver(): boolean {
    const now = steadyMs()
    // Slow items are looked at one by one, quick ones only now and then: the clock costs about as much as an item.
    this.#countdown = now - this.#lastClock > 1 ? 1 : this.#itemsBetweenClockReads
    this.#lastClock = now
    return now - this.#beganAt > longestMs
  }
}
