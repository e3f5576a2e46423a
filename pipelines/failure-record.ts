import { type ActorId, ambientRuntime, describeError, RemoteActorError } from '../engine/index.ts'
import { withoutBlame } from './blame.ts'
import { StageError } from './errors.ts'

/** The failure of a stage as an entry of a log has it: `fields` beside what every entry has. */
export interface FailureRecord {
  readonly actor: ActorId | undefined
  readonly msg: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What failed, as plain data: where, on which item, in which span, and what was thrown there. */
export function failureRecord({ stage, actor, location, item, itemNumber, trace, cause }: StageError): FailureRecord {
  return {
    actor,
    msg: `stage '${stage}' failed`,
    fields: {
      ...trace,
      ...(location !== undefined && { step: location }),
      ...(item !== undefined && { item }),
      ...(itemNumber !== undefined && { itemNumber }),
      err: cause instanceof RemoteActorError ? describeRemote(cause) : describeError(cause),
    },
  }
}

/** Tells those who watch the log of the failures of a pipeline's stages. Whoever awaits the pipeline shows them to people. */
export function tellFailures(failures: readonly unknown[], pipeline: string): void {
  const runtime = ambientRuntime()
  if (runtime === undefined) return
  for (const each of failures) {
    if (!(each instanceof StageError)) continue
    const { actor = runtime.self, msg, fields } = failureRecord(each)
    runtime.logAbout({ ...actor, pipeline }).tell('error', msg, fields)
  }
}

/** As it was where it was thrown. */
function describeRemote({ remoteName, message, remoteStack, fields, cause }: RemoteActorError): unknown {
  if (remoteName === 'NonError') return message
  // The cause is the same error, made again, where its class is known: it has its own causes.
  const made = cause instanceof Error ? (describeError(cause) as object) : undefined
  return withoutBlame({ ...fields, ...made, type: remoteName, message, stack: stackIn(made) ?? remoteStack })
}

function stackIn(described: object | undefined): string | undefined {
  return described !== undefined && 'stack' in described ? String(described.stack) : undefined
}
