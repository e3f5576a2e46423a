import { TimeSlice } from './time-slice.ts'

/**
 * Sees to it that handing out buffered items lets the event loop turn now and then, so that heartbeats, timers and
 * cancellation live under load.
 */
export class DrainSlice {
  readonly #resume: () => void
  readonly #slice = new TimeSlice()
  #running = false
  #pausing = false

  /** `resume` is called once the event loop has turned after a pause. */
  constructor(resume: () => void) {
    this.#resume = resume
  }

  /** To be asked before each item: true if it has to wait until `resume` is called. */
  mustPause(): boolean {
    if (this.#pausing) return true
    if (!this.#running) this.#begin()
    this.#pausing = this.#slice.isOverForItem()
    return this.#pausing
  }

  #begin(): void {
    this.#running = true
    this.#slice.begin()
    setImmediate(() => this.#turned())
  }

  #turned(): void {
    this.#running = false
    if (!this.#pausing) return
    this.#pausing = false
    this.#resume()
  }
}
