import { UsageError } from './errors.ts'
import { steadyMs } from './steady-clock.ts'

/** The event loop as a busy poll needs it. */
export interface BusyPollLoop {
  now(): number
  /** Calls back once the loop has looked at its sockets, for which it does not sleep. */
  afterPoll(callback: () => void): void
}

const systemLoop: BusyPollLoop = {
  now: steadyMs,
  afterPoll: (callback) => void setImmediate(callback),
}

/** A wait that takes a wake-up at either end is about as long. */
export const defaultBusyPollUs = 100

const mostUs = 1_000

// Whose messages are longer, in one of the two directions, does not wait for answers: what flows goes on without them, and the
// other core has garbage to collect.
const mostBytes = 4 * 1024

// Who says a word or two to a peer gains nothing by it.
const firstPassCount = 8
const mostPassCount = 1_024

/** Throws `UsageError` for what is no time, or one in which others would miss the processor. */
export function checkBusyPoll(busyPollUs: number): void {
  if (typeof busyPollUs === 'number' && busyPollUs >= 0 && busyPollUs <= mostUs) return
  throw new UsageError(
    `busyPollUs must be a number of microseconds from 0 (never) to ${mostUs}, not ${String(busyPollUs)}`,
  )
}

/**
 * Keeps the event loop awake for a moment after something was sent, as Erlang's schedulers do: to be woken takes a process
 * longer than most answers take, and whoever wakes it waits meanwhile as well. Two that answer each other at once never
 * sleep, and are heard several times sooner.
 *
 * It is for those alone, and for short messages. When nothing came in time the next waits are slept through, twice as many
 * after each such failure: what is wasted on a peer that takes its time comes to nothing. Owned by the channel; it keeps a
 * process alive for no longer than that moment.
 */
export class BusyPoll {
  readonly #limitMs: number
  readonly #loop: BusyPollLoop
  #waiting = false
  #heardBytes = 0
  #until = 0
  #turning = false
  // How many waits are still slept through, and how many will be after the next failure.
  #passCount = firstPassCount
  #nextPassCount = 1
  readonly #onTurn = () => this.#turn()

  constructor(limitUs: number, loop: BusyPollLoop = systemLoop) {
    this.#limitMs = limitUs / 1000
    this.#loop = loop
  }

  /** So much went out to the peer. */
  sent(bytes: number): void {
    if (this.#limitMs === 0 || bytes > mostBytes || this.#heardBytes > mostBytes) return
    if (this.#passCount > 0) {
      this.#passCount -= 1
      return
    }
    this.#waiting = true
    this.#until = this.#loop.now() + this.#limitMs
    if (this.#turning) return
    this.#turning = true
    this.#loop.afterPoll(this.#onTurn)
  }

  /** So much has come from it. */
  heard(bytes: number): void {
    this.#heardBytes = bytes
    if (!this.#waiting) return
    this.#waiting = false
    this.#nextPassCount = 1
  }

  #turn(): void {
    if (this.#waiting && this.#loop.now() < this.#until) return this.#loop.afterPoll(this.#onTurn)
    this.#turning = false
    if (!this.#waiting) return
    this.#waiting = false
    this.#passCount = this.#nextPassCount
    this.#nextPassCount = Math.min(2 * this.#nextPassCount, mostPassCount)
  }
}
