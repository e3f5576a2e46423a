import type { StepKind } from './step.ts'

/** Where a step failed, and what had been put out by then. */
export interface StepFailure {
  /** The kind of the step that failed. */
  step: StepKind
  /** Its place in the chain, from 0. */
  stepIndex: number
  /** What that step was given. */
  item: unknown
  /** The item that had entered the kernel and led to it: the same as `item` where nothing has changed it on the way. */
  input: unknown
  /** How many items had entered the kernel before it; for a failure at the end of the input, how many there were in all. */
  itemNumber: number
  /** What the failing call had put out before it failed; nothing else will hand these out. */
  emitted: unknown[]
}

/** The failure of one step on one item. `cause` is what was thrown, and `message` its message. */
export class StepError extends Error {
  readonly step: StepKind
  readonly stepIndex: number
  readonly item: unknown
  readonly input: unknown
  readonly itemNumber: number
  readonly emitted: unknown[]

  constructor(cause: unknown, failure: StepFailure) {
    super(messageOf(cause), { cause })
    this.name = 'StepError'
    this.step = failure.step
    this.stepIndex = failure.stepIndex
    this.item = failure.item
    this.input = failure.input
    this.itemNumber = failure.itemNumber
    this.emitted = failure.emitted
  }
}

function messageOf(cause: unknown): string {
  if (Error.isError(cause)) return cause.message
  try {
    return String(cause)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
