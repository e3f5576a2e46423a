import { UsageError } from './errors.ts'

/** What a nursery does about an actor of its own that has failed. */
export interface SupervisionOptions {
  /**
   * Who is affected when an actor fails. `one-cancels-all` (the default): the nursery fails and cancels everybody. The
   * others start actors again: `one-for-one` only the one that failed, `one-for-all` all, `rest-for-one` it and those
   * that were started after it. Local tasks are not started again: one that fails always fails the nursery.
   */
  readonly strategy?: 'one-cancels-all' | 'one-for-one' | 'one-for-all' | 'rest-for-one'
  /**
   * When an actor is started again: `never` (the default), `on-failure` when it ended unasked or its function threw,
   * `always` when it left in order, too. With it the strategy is `one-for-one` unless another is named. An actor that
   * fails and is not started again (under a strategy other than `one-cancels-all`) is reported and done without.
   */
  readonly restart?: 'never' | 'on-failure' | 'always'
  /** So many restarts within `withinMs`, of all its actors together; then the nursery gives up and fails. 5 by default. */
  readonly maxRestarts?: number
  /** Milliseconds, 60,000 by default. */
  readonly withinMs?: number
  /** How long it waits before a restart: more with each within `withinMs`. */
  readonly backoff?: BackoffOptions
}

export interface BackoffOptions {
  /** Before the first. Milliseconds, 50 by default. */
  readonly initialMs?: number
  /** By how much each further wait is longer; 2 by default. */
  readonly factor?: number
  /** The longest. Milliseconds, 10,000 by default. */
  readonly maxMs?: number
}

const strategies = ['one-cancels-all', 'one-for-one', 'one-for-all', 'rest-for-one'] as const
const restarts = ['never', 'on-failure', 'always'] as const
export type Strategy = (typeof strategies)[number]
export type Restart = (typeof restarts)[number]

/** The options with what they leave open filled in. */
export interface Supervision {
  readonly strategy: Strategy
  readonly restart: Restart
  readonly budget: RestartBudget
}

/** Throws `UsageError` for options that make no sense, alone or together. */
export function resolveSupervision(options: SupervisionOptions): Supervision {
  const { restart = 'never', strategy = restart === 'never' ? 'one-cancels-all' : 'one-for-one' } = options
  checkOneOf('strategy', strategy, strategies)
  checkOneOf('restart', restart, restarts)
  if (strategy === 'one-cancels-all' && restart !== 'never') {
    throw new UsageError(
      `restart: '${restart}' with strategy: 'one-cancels-all' would start nobody again: name 'one-for-one', ` +
        "'one-for-all' or 'rest-for-one', or leave the strategy out",
    )
  }
  return { strategy, restart, budget: new RestartBudget(options) }
}

function checkOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new UsageError(`${name} must be one of ${allowed.join(', ')}, not '${value}'`)
}

/** How many restarts there may be, and how long to wait before each; pure arithmetic. */
export class RestartBudget {
  readonly maxRestarts: number
  readonly withinMs: number
  readonly #initialMs: number
  readonly #factor: number
  readonly #maxMs: number
  // When there were restarts; no more than `maxRestarts` of them.
  #at: number[] = []

  constructor(options: Pick<SupervisionOptions, 'maxRestarts' | 'withinMs' | 'backoff'> = {}) {
    const { initialMs, factor, maxMs } = options.backoff ?? {}
    this.maxRestarts = checkNumber('maxRestarts', options.maxRestarts ?? 5, 0)
    this.withinMs = checkNumber('withinMs', options.withinMs ?? 60_000, 1)
    this.#initialMs = checkNumber('backoff.initialMs', initialMs ?? 50, 0)
    this.#factor = checkNumber('backoff.factor', factor ?? 2, 1)
    this.#maxMs = checkNumber('backoff.maxMs', maxMs ?? 10_000, 0)
  }

  /** Takes one restart out of the budget: how long to wait before it, or undefined if there were too many. */
  take(nowMs: number): number | undefined {
    this.#at = this.#at.filter((at) => nowMs - at < this.withinMs)
    if (this.#at.length >= this.maxRestarts) return undefined
    this.#at.push(nowMs)
    // Not by the power of a factor that has become infinite: nothing times that is no number.
    if (this.#initialMs === 0) return 0
    return Math.min(this.#maxMs, this.#initialMs * this.#factor ** (this.#at.length - 1))
  }
}

function checkNumber(name: string, value: number, least: number): number {
  if (typeof value !== 'number' || !(value >= least)) {
    throw new UsageError(`${name} must be a number from ${least} up, not ${String(value)}`)
  }
  return value
}
