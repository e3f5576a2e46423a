import { Histogram } from './histogram.ts'

// From a microsecond to half a minute; bounds of both are about as far apart, factor for factor.
const handlerBoundsMs = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000]
const batchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]

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
  /** Calls back once the event loop has done what it has to do now; `setImmediate` where absent. */
  readonly defer?: (callback: () => void) => void
  /** Whether the inputs are read one beside the other by code of the user's, instead of being merged. */
  readonly separateInputs?: boolean
}

/** One input of an actor, whose batches are asked for one at a time. It belongs to its meter. */
export interface MeterInput {
  isPulled: boolean
  isInHand: boolean
  /** Of the batch in hand. */
  itemCount: number
  reason: string | undefined
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
 * A wait counts from when the event loop has nothing more to do in this turn. Most waits are over before that: a source that
 * yields items one by one makes one of each, and would pay for a look at the clock, or two, with each item. So the clock is
 * looked at once or twice a turn, however many items that has, and the work of a turn counts as work, that of the streams
 * included. With each look, the time that it was busy since the last one is shared among the items that were put down since.
 */
export class Meter {
  readonly #clock: () => number
  readonly #defer: (callback: () => void) => void
  readonly #separateInputs: boolean
  readonly #inputs: MeterInput[] = []
  #pulledCount = 0
  #inHandCount = 0
  readonly #outputWaits: (string | undefined)[] = []
  #state: MeterState = 'busy'
  #stateSince: number
  #accountedUntil: number
  #progressAt: number
  #hasProgressed = false
  #isDeferred = false
  readonly #ms: Record<MeterState, number> = { idle: 0, busy: 0, blocked: 0 }
  /** For how long an item kept it busy, in milliseconds, and how many came at a time. */
  readonly handlerMs: Histogram = new Histogram(handlerBoundsMs)
  readonly batchSize: Histogram = new Histogram(batchBounds)
  // The items that were put down and not counted yet, and how long it had been busy when the last ones were.
  #putDownCount = 0
  #sharedBusyMs = 0
  #hasShared = false
  // Made once: it is called once a turn.
  readonly #onTurnOver: () => void = () => {
    this.#isDeferred = false
    const state = this.#stateNow()
    if (state !== this.#state) this.#enter(state)
    else if (this.#putDownCount > 0) this.#account(this.#clock())
  }

  /** Measures from now on. */
  constructor(options: MeterOptions = {}) {
    const { clock = () => performance.now(), defer = setImmediate, separateInputs = false } = options
    this.#clock = clock
    this.#defer = defer
    this.#separateInputs = separateInputs
    const now = clock()
    this.#accountedUntil = now
    this.#stateSince = now
    this.#progressAt = now
  }

  /** Has one input more. */
  addInput(): MeterInput {
    const input = { isPulled: false, isInHand: false, itemCount: 0, reason: undefined }
    this.#inputs.push(input)
    return input
  }

  /** An input is asked for its next batch; an answer follows. */
  pulled(input: MeterInput, reason?: string): void {
    input.reason = reason
    if (!input.isPulled) this.#pulledCount += 1
    input.isPulled = true
    if (this.#separateInputs) for (const each of this.#inputs) this.#putDown(each)
    else this.#putDown(input)
    this.#look()
  }

  /** An input has answered: with a batch of so many items that is now in hand, or with none because it has ended or failed. */
  answered(input: MeterInput, isBatch: boolean, itemCount = 0): void {
    if (input.isPulled) this.#pulledCount -= 1
    input.isPulled = false
    if (isBatch && !input.isInHand) {
      input.isInHand = true
      this.#inHandCount += 1
    }
    if (itemCount > 0) {
      input.itemCount += itemCount
      this.batchSize.add(itemCount)
    }
    this.#look()
  }

  #putDown(input: MeterInput): void {
    if (input.isInHand) this.#inHandCount -= 1
    input.isInHand = false
    this.#putDownCount += input.itemCount
    input.itemCount = 0
  }

  /** A wait for the output to be taken begins; `endBlocked` with the same reason ends it. */
  beginBlocked(reason?: string): void {
    this.#outputWaits.push(reason)
    this.#look()
  }

  endBlocked(reason?: string): void {
    const index = this.#outputWaits.indexOf(reason)
    if (index >= 0) this.#outputWaits.splice(index, 1)
    this.#look()
  }

  /** Items went in or out. When that was is noted with the next look at the clock. */
  progressed(): void {
    this.#hasProgressed = true
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
    const pulled = this.#inputs.filter(({ isPulled }) => isPulled)
    const reasons = this.#state === 'idle' ? pulled.map(({ reason }) => reason) : this.#outputWaits
    return reasons.findLast((reason) => reason !== undefined)
  }

  #look(): void {
    const state = this.#stateNow()
    if (state === this.#state) return
    // A wait is over: what follows is work at once. One that begins may be over before this turn is.
    if (this.#state !== 'busy') return this.#enter(state)
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#defer(this.#onTurnOver)
  }

  #stateNow(): MeterState {
    if (this.#outputWaits.length > 0) return 'blocked'
    return this.#pulledCount > 0 && this.#inHandCount === 0 ? 'idle' : 'busy'
  }

  #enter(state: MeterState): void {
    const now = this.#clock()
    this.#account(now)
    this.#state = state
    this.#stateSince = now
  }

  #account(now: number): void {
    this.#ms[this.#state] += now - this.#accountedUntil
    this.#accountedUntil = now
    if (this.#hasProgressed) this.#progressAt = now
    this.#hasProgressed = false
    this.#share()
  }

  /** What it was busy is shared among the items that it was busy with. Before the first of them it was with its start. */
  #share(): void {
    const { busy } = this.#ms
    const count = this.#putDownCount
    if (count > 0) this.handlerMs.add((busy - this.#sharedBusyMs) / count, count)
    else if (this.#hasShared || this.#inHandCount > 0) return
    this.#sharedBusyMs = busy
    this.#hasShared ||= count > 0
    this.#putDownCount = 0
  }
}
