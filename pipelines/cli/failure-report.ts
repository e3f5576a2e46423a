import { inspect } from 'node:util'
import { FlowError, type RemoteActorError } from '../../engine/index.ts'
import { StageError } from '../errors.ts'
import { foldStack } from './fold-stack.ts'
import { printableLine, printableText } from './printable.ts'

/** How far causes are followed. */
const maxDepth = 8
const maxFieldChars = 500

/**
 * Why a run failed, as text of several lines: which stage, in which actor, at which place of the document, on which item,
 * and then what was thrown there with its stack and its causes.
 */
export function reportFailure(error: unknown): string {
  if (error instanceof AggregateError && !isRemote(error)) {
    const others = error.errors.map((each: unknown) => reportFailure(each))
    return others.length === 0 ? `${describeThrown(error).join('\n')}\n` : others.join('\n')
  }
  const lines = error instanceof StageError ? describeStageFailure(error) : describeThrown(error)
  return `${lines.join('\n')}\n`
}

function describeStageFailure(error: StageError): string[] {
  const { stage, location, item, cause } = error
  const actor = error.actor ?? (isRemote(cause) ? cause.actor : undefined)
  const facts = [
    actor === undefined ? '' : `  actor  ${printableLine(actor.name)} (${printableLine(actor.id)})`,
    location === undefined ? '' : `  step   ${printableLine(location)}`,
    item === undefined ? '' : `  item   ${printableLine(item)}`,
  ]
  return [`stage '${printableLine(stage)}' failed`, ...facts.filter(Boolean), ...describeThrown(cause)]
}

/** What was thrown, and what caused it. */
function describeThrown(thrown: unknown, prefix = '', depth = 0): string[] {
  if (!(thrown instanceof Error)) {
    return [`${prefix}a thrown value that is no error: ${printableText(inspect(thrown, { depth: 2 }))}`]
  }
  const lines = isRemote(thrown) ? describeRemote(thrown, prefix) : describeLocal(thrown, prefix)
  if (depth >= maxDepth) return lines
  // The cause of a remote error is that error itself, made again; what caused it is one further.
  const origin = isRemote(thrown) ? thrown.cause : thrown
  if (origin instanceof AggregateError) {
    for (const each of origin.errors) lines.push(...describeThrown(each, 'one of them: ', depth + 1))
  }
  const cause = origin instanceof Error ? origin.cause : undefined
  if (cause !== undefined) lines.push(...describeThrown(cause, 'caused by ', depth + 1))
  return lines
}

function describeRemote(error: RemoteActorError, prefix: string): string[] {
  const { remoteName, message, remoteStack } = error
  // What the stage noted on the error is in the facts above.
  const { flowBlame: _, ...fields } = error.fields
  if (remoteName === 'NonError') return [`${prefix}a thrown value that is no error: ${printableText(message)}`]
  const lines = [`${prefix}${printableLine(remoteName)}: ${printableText(message)}`, ...stackLines(remoteStack)]
  if (Object.keys(fields).length > 0) {
    const text = inspect(fields, { depth: 1, breakLength: Infinity })
    lines.push(`    ${printableLine(text.length > maxFieldChars ? `${text.slice(0, maxFieldChars)}…` : text)}`)
  }
  return lines
}

function describeLocal(error: Error, prefix: string): string[] {
  const heading = `${prefix}${printableLine(error.name)}: ${printableText(error.message)}`
  // The stack of an error of ours is our own code; what it has to say is in its message.
  return FlowError.is(error) ? [heading] : [heading, ...stackLines(error.stack ?? '')]
}

function stackLines(stack: string): string[] {
  return foldStack(stack).map(printableLine)
}

/** Known by its fields, so that an error of any copy of the package will do. */
function isRemote(error: unknown): error is RemoteActorError {
  return FlowError.is(error) && 'remoteName' in error && 'remoteStack' in error
}
