import { setTimeout as sleep } from 'node:timers/promises'
import { type RunOptions, runContender, startContender } from './run-contender.ts'
import { median, medianRange } from './statistics.ts'
import type { Bar, Contender, Figures, Turns, Workload } from './workload.ts'

/** What a workload came to: of each contender its figures, start by start. Without turns, a round is one start of each. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>

export interface RoundsOptions {
  readonly rounds: number
  readonly signal?: AbortSignal
  /** Told of the figures of each run, or turn. */
  onRun?(contender: string, round: number, figures: Figures): void
}

/**
 * Runs every contender once in each round, or has each take its turns there, in a new random order each time: whatever slows the
 * machine for a while slows all of them alike. Compared is only what belongs to one round, or start.
 */
export async function playRounds(workload: Workload, options: RoundsOptions): Promise<Rounds> {
  const { rounds, signal, onRun } = options
  const { contenders, inTurns } = workload
  const results = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    const start: Start = {
      run: signal === undefined ? {} : { signal },
      onFigures: ({ name }, figures) => onRun?.(name, round, figures),
      onEnd: ({ name }, figures) => results.get(name)?.push(figures),
    }
    if (inTurns === undefined) await playOneByOne(contenders, start)
    else for (let i = 0; i < inTurns.starts; i += 1) await playTurns(contenders, inTurns, start)
  }
  return results
}

/** All contenders are started once. */
interface Start {
  readonly run: RunOptions
  onFigures(contender: Contender, figures: Figures): void
  /** What a contender came to. */
  onEnd(contender: Contender, figures: Figures): void
}

async function playOneByOne(contenders: readonly Contender[], { run, onFigures, onEnd }: Start): Promise<void> {
  // Two at once would measure each other.
  for (const contender of shuffled(contenders)) {
    const figures = await runContender(contender, run)
    onFigures(contender, figures)
    onEnd(contender, figures)
  }
}

async function playTurns(
  contenders: readonly Contender[],
  { warmUps, count, pauseMs }: Turns,
  { run, onFigures, onEnd }: Start,
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const running = contenders.map((contender) => ({
    contender,
    at: stack.use(startContender(contender, run)),
    turns: [] as Figures[],
  }))
  for (let turn = -warmUps; turn < count; turn += 1) {
    for (const { contender, at, turns } of shuffled(running)) {
      const figures = await at.turn()
      await sleep(pauseMs)
      run.signal?.throwIfAborted()
      if (turn < 0) continue
      turns.push(figures)
      onFigures(contender, figures)
    }
  }
  for (const { contender, at, turns } of running) {
    await at.end()
    onEnd(contender, mediansOf(turns))
  }
}

/** Of each figure the one in the middle. */
function mediansOf(turns: readonly Figures[]): Figures {
  const names = Object.keys(turns[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(turns.map((figures) => figures[name] ?? NaN))]))
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** One contender's figure over another's, start by start. */
function ratiosOf(rounds: Rounds, of: string, to: string, figure: string, toFigure: string = figure): number[] {
  const others = rounds.get(to) ?? []
  return (rounds.get(of) ?? []).map((figures, i) => (figures[figure] ?? NaN) / (others[i]?.[toFigure] ?? NaN))
}

/** One contender's figure over another's: the median of the ratios of each start. */
export function ratioOf(rounds: Rounds, of: string, to: string, figure: string): number {
  return median(ratiosOf(rounds, of, to, figure))
}

export interface Verdict {
  readonly bar: Bar
  readonly value: number
  /** Between what the value would lie if there were starts without end. */
  readonly low: number
  readonly high: number
  readonly met: boolean
}

/** What came of the promises of a workload. */
export function judge(workload: Workload, rounds: Rounds): Verdict[] {
  const usual = Object.keys(workload.figures)[0] as string
  return (workload.bars ?? []).map((bar) => {
    const { of, to, figure = usual, toFigure = figure, atLeast = -Infinity, atMost = Infinity } = bar
    const values =
      to === undefined
        ? (rounds.get(of) ?? []).map((figures) => figures[figure] ?? NaN)
        : ratiosOf(rounds, of, to, figure, toFigure)
    const value = median(values)
    return { bar, value, ...medianRange(values), met: value >= atLeast && value <= atMost }
  })
}
