/** One program that does a workload in its own way, in processes of its own. */
export interface Contender {
  readonly name: string
  /** Its file, relative to `bench/`. It prints its figures as one line of JSON, for each turn if it has some, and exits with 0. */
  readonly program: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Flags for node itself. */
  readonly execArgv?: readonly string[]
}

/** What a contender measured: `itemsPerSecond`, `p50Us`, … */
export type Figures = Readonly<Record<string, number>>

/** A promise that is kept or not: one contender's figure beside another's of the same round or turn, or by itself. */
export interface Bar {
  readonly of: string
  /** Without it the figure itself is looked at. */
  readonly to?: string
  /** The workload's first figure if it is not said. */
  readonly figure?: string
  /** Another figure of `to`, where it is not the same one. */
  readonly toFigure?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Workload {
  /** As in `--only NAME`. */
  readonly name: string
  readonly title: string
  /** What is shown of the figures, with their units; the first is the one in the chart. */
  readonly figures: Readonly<Record<string, string>>
  /** The contender that the others are compared with. */
  readonly baseline: string
  readonly contenders: readonly Contender[]
  readonly bars?: readonly Bar[]
  readonly inTurns?: Turns
}

/**
 * Where contenders differ by less than the machine does from one minute to the next, they run beside each other, and each waits
 * while another has its turn (`--turns`). What is compared is then only seconds apart, and of code that has been compiled.
 */
export interface Turns {
  /** How often each is started anew in a round: one program differs by up to a tenth from start to start. */
  readonly starts: number
  /** How many each has after a start before they count, and how many that do. */
  readonly warmUps: number
  readonly count: number
  /** How long nobody works after a turn, for what it leaves to be done. */
  readonly pauseMs: number
}
