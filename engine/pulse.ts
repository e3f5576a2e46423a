import { steadyMs } from './steady-clock.ts'

/** The platform's clock and timers as the pulse needs them. */
export interface PulseClock {
  now(): number
  /** Calls back again and again until the function it returns is called; does not keep the process alive. */
  every(ms: number, callback: () => void): () => void
  /** Calls back once the event loop has handled all that waits for it now, its sockets included. */
  afterTurn(callback: () => void): void
}

const systemClock: PulseClock = {
  now: steadyMs,
  every(ms, callback) {
    const timer = setInterval(callback, ms).unref()
    return () => clearInterval(timer)
  },
  // The first comes before the loop has looked at its sockets if it is asked for by one of them.
  afterTurn: (callback) => void setImmediate(() => setImmediate(callback)),
}

/**
 * One timer for all channels of an actor. It looks after each of them every so many milliseconds, and knows how late it is:
 * for that long the event loop was held up, or the machine slept. Before it looks, the loop has a full turn, so that what
 * peers have sent meanwhile is heard first. Owned by the runtime, which stops it.
 */
export class Pulse {
  readonly #everyMs: number
  readonly #look: (now: number, heldUpMs: number) => void
  readonly #clock: PulseClock
  #stopTimer: (() => void) | undefined
  #dueAt = 0
  #looking = false

  constructor(
    everyMs: number,
    look: (now: number, heldUpMs: number) => void,
    options: { readonly clock?: PulseClock } = {},
  ) {
    this.#everyMs = everyMs
    this.#look = look
    this.#clock = options.clock ?? systemClock
  }

  /** Begins; changes nothing if it has begun. */
  start(): void {
    if (this.#stopTimer !== undefined) return
    this.#dueAt = this.#clock.now() + this.#everyMs
    this.#stopTimer = this.#clock.every(this.#everyMs, () => this.#beat())
  }

  /** Ends; a look that is due does not happen any more. */
  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  #beat(): void {
    if (this.#looking) return
    this.#looking = true
    this.#clock.afterTurn(() => {
      this.#looking = false
      if (this.#stopTimer === undefined) return
      const now = this.#clock.now()
      const heldUpMs = Math.max(0, now - this.#dueAt)
      this.#dueAt = now + this.#everyMs
      this.#look(now, heldUpMs)
    })
  }
}
