import { UsageError } from './errors.ts'

/** When a silent peer is asked for a sign of life, and when it is given up. */
export interface HeartbeatOptions {
  readonly intervalMs: number
  readonly limitMs: number
}

/** Throws `UsageError` for limits that would give up a peer before it was asked. */
export function checkHeartbeat({ intervalMs, limitMs }: HeartbeatOptions): void {
  if (intervalMs > 0 && (limitMs > intervalMs || limitMs === Infinity)) return
  throw new UsageError(
    `a heartbeat needs intervalMs above 0 and limitMs above that, not ${intervalMs} and ${limitMs}; Infinity is never`,
  )
}

/** What is to be done about a peer: nothing, ask it, or give it up. */
export type Verdict = 'quiet' | 'ping' | 'dead'

// How much of the smoothed round trip a new one replaces; TCP has the same.
const newShare = 1 / 8

/**
 * Whether the peer of one channel lives, as arithmetic: the times come from outside, all of one clock. Any bytes from the
 * peer are a sign of life. Owned by the channel; nothing here waits.
 *
 * A peer is given up only while a ping is on its way: it was asked. And it is given the time back in which this side could
 * not have heard it.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  // The look before which it was heard last.
  #heardAt: number
  #isHeard = false
  #number = 0
  #pingedAt: number | undefined
  #roundTripMs: number | undefined
  #smoothedRoundTripMs: number | undefined

  constructor(options: HeartbeatOptions, now: number) {
    checkHeartbeat(options)
    this.#options = options
    this.#heardAt = now
  }

  /** How long the last ping and its answer took; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  /** The same over the last few of them. */
  get smoothedRoundTripMs(): number | undefined {
    return this.#smoothedRoundTripMs
  }

  /** Bytes have come from the peer. When exactly, nobody asks: to look at the clock would cost more than all else here. */
  heard(): void {
    this.#isHeard = true
  }

  /** Called regularly. `heldUpMs` is how much later than planned: this side was busy or asleep, and the peer is not to blame. */
  tick(now: number, heldUpMs: number): Verdict {
    this.#heardAt = this.#isHeard ? now : Math.min(now, this.#heardAt + heldUpMs)
    this.#isHeard = false
    const silentMs = now - this.#heardAt
    if (this.#pingedAt === undefined) return silentMs >= this.#options.intervalMs ? 'ping' : 'quiet'
    return silentMs >= this.#options.limitMs ? 'dead' : 'quiet'
  }

  /** The number of the ping that is sent now. Until it is answered there is no other. */
  ping(now: number): number {
    this.#number += 1
    this.#pingedAt = now
    return this.#number
  }

  /** The answer to a ping. One to none that is on its way changes nothing. */
  pong(number: number, now: number): void {
    if (this.#pingedAt === undefined || number !== this.#number) return
    const tookMs = now - this.#pingedAt
    this.#pingedAt = undefined
    this.#roundTripMs = tookMs
    const smoothed = this.#smoothedRoundTripMs ?? tookMs
    this.#smoothedRoundTripMs = smoothed + (tookMs - smoothed) * newShare
  }
}
