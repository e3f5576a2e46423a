import { runContender } from './run-contender.ts'
import { median } from './statistics.ts'
import type { Bar, Figures, Workload } from './workload.ts'

/** What a workload came to: of each contender its figures, round by round. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>

export interface RoundsOptions {
  readonly rounds: number
  readonly signal?: AbortSignal
  /** Told of each run, as it ends. */
  onRun?(contender: string, round: number, figures: Figures): void
}

/**
 * Runs every contender once in each round, in a new random order, so that whatever slows the machine for a while slows all of
 * them alike. Compared is only what belongs to one round.
 */
export async function playRounds(workload: Workload, options: RoundsOptions): Promise<Rounds> {
  const { rounds, signal, onRun } = options
  const results = new Map<string, Figures[]>(workload.contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of shuffled(workload.contenders)) {
      // One after the other: two at once would measure each other.
      const figures = await runContender(contender, signal === undefined ? {} : { signal })
      results.get(contender.name)?.push(figures)
      onRun?.(contender.name, round, figures)
    }
  }
  return results
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** One contender's figure over another's: the median of the ratios of each round. */
export function ratioOf(rounds: Rounds, of: string, to: string, figure: string, toFigure: string = figure): number {
  const others = rounds.get(to) ?? []
  return median((rounds.get(of) ?? []).map((figures, i) => (figures[figure] ?? NaN) / (others[i]?.[toFigure] ?? NaN)))
}

export interface Verdict {
  readonly bar: Bar
  readonly value: number
  readonly met: boolean
}

/** What came of the promises of a workload. */
export function judge(workload: Workload, rounds: Rounds): Verdict[] {
  const usual = Object.keys(workload.figures)[0] as string
  return (workload.bars ?? []).map((bar) => {
    const { of, to, figure = usual, toFigure = figure, atLeast = -Infinity, atMost = Infinity } = bar
    const value =
      to === undefined
        ? median((rounds.get(of) ?? []).map((figures) => figures[figure] ?? NaN))
        : ratioOf(rounds, of, to, figure, toFigure)
    return { bar, value, met: value >= atLeast && value <= atMost }
  })
}
