import { type ActiveTrace, type ActorId, FlowError } from '../engine/index.ts'
import { formatProblem, type Problem } from './problem.ts'

/** The base of every error of the pipeline layer; thrown itself when a source or sink cannot do its work. */
export class PipelineError extends FlowError {
  readonly code: `FLOW_${string}` = 'FLOW_PIPELINE'
}

/** A pipeline document is wrong. Nothing was started; `problems` holds everything that is wrong, in document order. */
export class PipelineSpecError extends PipelineError {
  override readonly code = 'FLOW_PIPELINE_SPEC'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options)
    this.problems = problems
  }
}

/** Where a stage failed: facts for the reader of the error, each of them as far as it is known. */
export interface StageFailure {
  readonly stage: string
  readonly actor?: ActorId
  /** The item that was being worked on, as short text: the item itself may be huge, or not encodable. */
  readonly item?: string
  /** Which of the items that came to the steps it was, from 0. */
  readonly itemNumber?: number
  /** The step in the document, as `file:line:column`. */
  readonly location?: string
  /** The span in which it was worked on, if that is one that is followed. */
  readonly trace?: ActiveTrace
}

/** A stage of a running pipeline failed. `cause` is what was thrown there. */
export class StageError extends PipelineError {
  override readonly code = 'FLOW_STAGE'
  readonly stage: string
  readonly actor: ActorId | undefined
  readonly item: string | undefined
  readonly itemNumber: number | undefined
  readonly location: string | undefined
  readonly trace: ActiveTrace | undefined

  constructor(failure: StageFailure, cause: unknown) {
    const actor = failure.actor === undefined ? '' : ` in actor '${failure.actor.name}' (${failure.actor.id})`
    const place = failure.location === undefined ? '' : `, at ${failure.location}`
    const item = failure.item === undefined ? '' : `, on item ${failure.item}`
    super(`stage '${failure.stage}' failed${actor}${place}${item}: ${describeCause(cause)}`, { cause })
    this.stage = failure.stage
    this.actor = failure.actor
    this.item = failure.item
    this.itemNumber = failure.itemNumber
    this.location = failure.location
    this.trace = failure.trace
  }
}

/** A pipeline was asked to drain, and items were still in flight when the time for it ran out. */
export class DrainTimeoutError extends PipelineError {
  override readonly code = 'FLOW_DRAIN_TIMEOUT'
  readonly timeoutMs: number
  /** The stages that had not ended. */
  readonly stages: readonly string[]

  constructor(timeoutMs: number, stages: readonly string[]) {
    super(`not drained within ${timeoutMs} ms: still running ${stages.join(', ')}`)
    this.timeoutMs = timeoutMs
    this.stages = stages
  }
}

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return FlowError.is(cause) ? cause.message : `${cause.name}: ${cause.message}`
}
