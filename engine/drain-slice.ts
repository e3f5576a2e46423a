const longestMs = 2
const itemsBetweenClockReads = 16

/**
 * Sees to it that handing out buffered items lets the event loop turn now and then, so that heartbeats, timers and
 * cancellation live under load.
 */
export class DrainSlice {
  readonly #resume: () => void
  #running = false
  #pausing = false
  #startedAt = 0
  #lastClock = 0
  #countdown = itemsBetweenClockReads

  /** `resume` is called once the event loop has turned after a pause. */
  constructor(resume: () => void) {
    this.#resume = resume
  }

  /** To be asked before each item: true if it has to wait until `resume` is called. */
  mustPause(): boolean {
    if (this.#pausing) return true
    if (!this.#running) this.#begin()
    this.#countdown -= 1
    if (this.#countdown > 0) return false
    const now = performance.now()
    // Slow items are looked at one by one, quick ones only now and then: the clock costs about as much as an item.
    this.#countdown = now - this.#lastClock > 1 ? 1 : itemsBetweenClockReads
    this.#lastClock = now
    this.#pausing = now - this.#startedAt > longestMs
    return this.#pausing
  }

  #begin(): void {
    this.#running = true
    this.#startedAt = this.#lastClock = performance.now()
    setImmediate(() => this.#turned())
  }

  #turned(): void {
    this.#running = false
    if (!this.#pausing) return
    this.#pausing = false
    this.#resume()
  }
}
