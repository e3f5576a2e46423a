import { CountTable } from './count-table.ts'
import { freshInitial } from './initial.ts'
import { LargestItems } from './largest-items.ts'
import { SeenKeys } from './seen-keys.ts'
import type { Step } from './step.ts'

/** What a kernel keeps between two calls. The names are those of the generated loops: see `writeLoop`. */
export interface KernelState {
  /** The last `take` that has had enough; -1 while there is none. */
  stop: number
  /** How many items the loop that ran last has taken. */
  used: number
  [name: `${'n' | 'a' | 'g'}${number}`]: any
}

/** The table that a step looks things up in, if it is of a kind that has one. */
export type StepTable = SeenKeys | CountTable<unknown> | LargestItems<unknown> | undefined

/** A kernel's state before its first item. */
export function createState(steps: readonly Step[]): KernelState {
  const state: KernelState = {
    // A `take` of nothing has had enough from the start.
    stop: steps.findLastIndex((step) => step.kind === 'take' && step.count === 0),
    used: 0,
  }
  steps.forEach((step, k) => {
    state[`n${k}`] = 0
    if (step.kind === 'scan' || step.kind === 'reduce') state[`a${k}`] = freshInitial(step.initial)
    if (step.kind === 'sum') state[`a${k}`] = 0
    if (step.kind === 'batch') state[`g${k}`] = []
  })
  return state
}

/** The table of a step, empty. */
export function createTable(step: Step): StepTable {
  if (step.kind === 'distinct') return new SeenKeys()
  if (step.kind === 'countBy') return new CountTable()
  return step.kind === 'topN' ? new LargestItems(step.count) : undefined
}

/** What step `k` still holds once its input has ended; it holds it no longer. */
export function flushStep(step: Step, k: number, state: KernelState, table: StepTable): unknown[] {
  if (table instanceof CountTable) return table.rows()
  if (table instanceof LargestItems) return table.descending()
  if (step.kind === 'reduce' || step.kind === 'sum') return [state[`a${k}`]]
  if (step.kind !== 'batch') return []
  const group: unknown[] = state[`g${k}`]
  state[`g${k}`] = []
  return group.length === 0 ? [] : [group]
}
