import {
  ActorExitError,
  type ActorId,
  ChannelBrokenError,
  ContextCancelledError,
  RemoteActorError,
  SpawnError,
} from '../engine/index.ts'
import { blameIn } from './blame.ts'
import { StageError } from './errors.ts'
import { tellFailures } from './failure-record.ts'

/** The failure of a call to a stage's actor, as the failure of the stage. */
export function stageFailure(stage: string, actor: ActorId, error: unknown): unknown {
  if (error instanceof RemoteActorError) {
    const { figures: _, ...noted } = blameIn(error.fields)
    return new StageError({ ...noted, stage, actor: error.actor.id === actor.id ? actor : error.actor }, error)
  }
  // A cancellation is not this stage's failure; and how a process ended, which the nursery knows and reports, says more than the
  // loss of the channel to it.
  return error instanceof ChannelBrokenError || error instanceof ContextCancelledError
    ? error
    : new StageError({ stage, actor }, error)
}

/** What failed the pipeline of that name, from all that its nursery reports: the first stage's failure. Those who watch the log hear of all. */
export function pipelineFailure(
  error: unknown,
  pipeline: string,
  stageOf: (actor: ActorId) => string | undefined,
): unknown {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
  const failures = errors.map((each) => {
    if (!(each instanceof ActorExitError || each instanceof SpawnError)) return each
    const stage = stageOf(each.actor)
    return stage === undefined ? each : new StageError({ stage, actor: each.actor }, each)
  })
  // Every stage that failed by itself has its own error; the one that came first is what the run failed of.
  const first =
    failures.find((each) => each instanceof StageError && each.cause instanceof ActorExitError) ?? failures[0]
  tellFailures(failures, pipeline)
  if (failures.length > 1 && first instanceof StageError) {
    Object.defineProperty(first, 'others', { value: failures.filter((each) => each !== first), enumerable: false })
  }
  return first
}
