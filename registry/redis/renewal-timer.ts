/**
 * The one timer of a process for all its leases: it beats while anybody needs it, one beat after the other, and does not keep
 * the process alive. It knows how long the process slept: suspended, stopped by a signal, or busy.
 */
export class RenewalTimer {
  readonly #everyMs: number
  readonly #beat: (sleptMs: number) => Promise<void>
  #users = 0
  #handle: NodeJS.Timeout | undefined
  #beating = false
  #again = false
  #last = clocks()
  // The longest that it was away since the last beat.
  #sleptMs = 0

  constructor(everyMs: number, beat: (sleptMs: number) => Promise<void>) {
    this.#everyMs = everyMs
    this.#beat = beat
  }

  /** One more that needs it; returns how to leave, once. */
  start(): () => void {
    this.#users += 1
    if (this.#users === 1) {
      this.#last = clocks()
      this.#arm()
    }
    let there = true
    return () => {
      if (there) this.stop()
      there = false
    }
  }

  /** One less. */
  stop(): void {
    this.#users -= 1
    if (this.#users > 0) return
    clearTimeout(this.#handle)
    this.#handle = undefined
  }

  /** Beats at once, if anybody needs it. */
  now(): void {
    if (this.#users > 0) void this.#run()
  }

  #arm(): void {
    clearTimeout(this.#handle)
    this.#handle = setTimeout(() => void this.#run(), this.#everyMs).unref()
  }

  async #run(): Promise<void> {
    if (this.#beating) {
      // The one that is on its way may have been sent to a connection that is gone.
      this.#again = true
      return
    }
    this.#beating = true
    this.#look()
    const sleptMs = this.#sleptMs
    this.#sleptMs = 0
    // While it waits for its answer the next ones are due: what counts is that this process is awake.
    const awake = setInterval(() => this.#look(), this.#everyMs).unref()
    try {
      await this.#beat(sleptMs)
    } finally {
      clearInterval(awake)
      this.#beating = false
      if (this.#users > 0) this.#arm()
    }
    if (!this.#again || this.#users === 0) return
    this.#again = false
    await this.#run()
  }

  #look(): void {
    const last = this.#last
    this.#last = clocks()
    // The one clock stands still while the machine is suspended, the other may be set.
    this.#sleptMs = Math.max(this.#sleptMs, this.#last.steady - last.steady, this.#last.wall - last.wall)
  }

  close(): void {
    this.#users = 0
    clearTimeout(this.#handle)
    this.#handle = undefined
  }
}

function clocks(): { readonly steady: number; readonly wall: number } {
  return { steady: performance.now(), wall: Date.now() }
}
