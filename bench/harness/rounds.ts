import { setTimeout as sleep } from 'node:timers/promises'
import { type RunOptions, runContender, startContender } from './run-contender.ts'
import { median } from './statistics.ts'
import type { Bar, Contender, Figures, Turns, Workload } from './workload.ts'

/** What a workload came to: of each contender its figures, round by round, or turn by turn. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>

export interface RoundsOptions {
  readonly rounds: number
  readonly signal?: AbortSignal
  /** Told of the figures of each run, or turn. */
  onRun?(contender: string, round: number, figures: Figures): void
}

/**
 * Runs every contender once in each round, or has each take its turns there, in a new random order each time: whatever slows the
 * machine for a while slows all of them alike. Compared is only what belongs to one round, or turn.
 */
export async function playRounds(workload: Workload, options: RoundsOptions): Promise<Rounds> {
  const { rounds, signal, onRun } = options
  const results = new Map<string, Figures[]>(workload.contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    const note = (contender: Contender, figures: Figures) => {
      results.get(contender.name)?.push(figures)
      onRun?.(contender.name, round, figures)
    }
    const run = signal === undefined ? {} : { signal }
    if (workload.inTurns === undefined) await playRound(workload.contenders, run, note)
    else await playTurns(workload.contenders, workload.inTurns, run, note)
  }
  return results
}

type Note = (contender: Contender, figures: Figures) => void

async function playRound(contenders: readonly Contender[], options: RunOptions, note: Note): Promise<void> {
  // One after the other: two at once would measure each other.
  for (const contender of shuffled(contenders)) note(contender, await runContender(contender, options))
}

async function playTurns(
  contenders: readonly Contender[],
  { warmUps, count, pauseMs }: Turns,
  options: RunOptions,
  note: Note,
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const running = contenders.map((contender) => ({ contender, at: stack.use(startContender(contender, options)) }))
  for (let turn = -warmUps; turn < count; turn += 1) {
    for (const { contender, at } of shuffled(running)) {
      const figures = await at.turn()
      await sleep(pauseMs)
      options.signal?.throwIfAborted()
      if (turn >= 0) note(contender, figures)
    }
  }
  for (const { at } of running) await at.end()
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
