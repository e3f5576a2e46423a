/** What an actor of a stage is at: waiting for input, working, or waiting until its output is taken. */
export type MeterState = 'idle' | 'busy' | 'blocked'

/** What a meter shows at a moment. The three times add up to all the time since it was made. */
export interface MeterReading {
  readonly idleMs: number
  readonly busyMs: number
  readonly blockedMs: number
  /** How long ago an item went in or out; since the beginning where none has. */
  readonly progressAgeMs: number
  readonly state: MeterState
  /** How long it has been in that state. */
  readonly stateMs: number
  /** What it waits for, where whoever waits has said so. */
  readonly waitsFor: string | undefined
}

export interface MeterOptions {
  /** Milliseconds; `performance.now` where absent. */
  readonly clock?: () => number
  /** Whether the inputs are read one beside the other by code of the user's, instead of being merged. */
  readonly separateInputs?: boolean
}

/**
 * Divides an actor's time among idle, busy and blocked, so that each moment is in exactly one of them:
 *
 * - blocked while its output waits to be taken. That goes before all else: what is read ahead meanwhile helps nobody.
 * - idle while an input is pulled, and no batch is in hand. One is in hand from when an input gave it until that input is
 *   pulled again: inputs that are merged are read ahead, and one that has to be waited for does not hold up the others.
 *   Where they are separate, pulling one puts down what all of them gave.
 * - busy at all other times, be it that it computes or that it awaits something of the user's.
 *
 * It looks at the clock where a wait begins or ends, which is a few times a batch, and never at an item.
 */
export class Meter {
  readonly #clock: () => number
  readonly #separateInputs: boolean
  readonly #inHand = new Set<object>()
  // The inputs that have been asked and have not answered, with the reasons that they gave.
  readonly #pulls = new Map<object, string | undefined>()
  readonly #outputWaits: (string | undefined)[] = []
  #state: MeterState = 'busy'
  #stateSince: number
  #accountedUntil: number
  #progressAt: number
  readonly #ms: Record<MeterState, number> = { idle: 0, busy: 0, blocked: 0 }

  /** Measures from now on. */
  constructor({ clock = () => performance.now(), separateInputs = false }: MeterOptions = {}) {
    this.#clock = clock
    this.#separateInputs = separateInputs
    const now = clock()
    this.#accountedUntil = now
    this.#stateSince = now
    this.#progressAt = now
  }

  /** An input, known by any object, is asked for its next batch; an answer follows. */
  pulled(input: object, reason?: string): void {
    this.#pulls.set(input, reason)
    if (this.#separateInputs) this.#inHand.clear()
    else this.#inHand.delete(input)
    this.#turn()
  }

  /** The input has answered: with a batch that is now in hand, or with none because it has ended or failed. */
  answered(input: object, isBatch: boolean): void {
    this.#pulls.delete(input)
    if (isBatch) this.#inHand.add(input)
    this.#turn()
  }

  /** A wait for the output to be taken begins. It ends when the result is called; calling that again does nothing. */
  beginBlocked(reason?: string): () => void {
    this.#outputWaits.push(reason)
    this.#turn()
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#outputWaits.splice(this.#outputWaits.indexOf(reason), 1)
      this.#turn()
    }
  }

  /** Items went in or out. */
  progressed(): void {
    this.#progressAt = this.#clock()
  }

  read(): MeterReading {
    const now = this.#clock()
    this.#account(now)
    const { idle, busy, blocked } = this.#ms
    return {
      idleMs: idle,
      busyMs: busy,
      blockedMs: blocked,
      progressAgeMs: now - this.#progressAt,
      state: this.#state,
      stateMs: now - this.#stateSince,
      waitsFor: this.#reason(),
    }
  }

  #reason(): string | undefined {
    if (this.#state === 'busy') return undefined
    const reasons = this.#state === 'idle' ? [...this.#pulls.values()] : this.#outputWaits
    return reasons.findLast((reason) => reason !== undefined)
  }

  #turn(): void {
    const state = this.#nextState()
    if (state === this.#state) return
    const now = this.#clock()
    this.#account(now)
    this.#state = state
    this.#stateSince = now
  }

  #nextState(): MeterState {
    if (this.#outputWaits.length > 0) return 'blocked'
    return this.#pulls.size > 0 && this.#inHand.size === 0 ? 'idle' : 'busy'
  }

  #account(now: number): void {
    this.#ms[this.#state] += now - this.#accountedUntil
    this.#accountedUntil = now
  }
}
