import { ActorExitError, ChannelBrokenError, RemoteActorError } from './errors.ts'

/**
 * What a scope throws for all that failed inside it: the one error as it is, or an `AggregateError` of those that did not
 * merely follow from another. The same error seen twice counts once, and so does the loss of a channel to an actor whose
 * end is among them.
 */
export function joinErrors(errors: readonly unknown[]): unknown {
  const exits = errors.filter((error) => error instanceof ActorExitError)
  const own = [...new Set(errors)].filter((error) => {
    const lost = lossIn(error)
    if (lost !== undefined && exits.some((exit) => exit.actor.id === lost.peer.id)) return false
    // An error that wraps another of them is the fuller story; the bare one is dropped.
    return !errors.some((other) => other !== error && causedBy(other, error))
  })
  if (own.length === 1) return own[0]
  const list = own.map((error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)))
  return new AggregateError(own, `${own.length} failures: ${list.join('; ')}`)
}

/** The loss of a channel that an error tells of: itself, or in another actor. */
function lossIn(error: unknown): ChannelBrokenError | undefined {
  if (error instanceof ChannelBrokenError) return error
  return error instanceof RemoteActorError && error.cause instanceof ChannelBrokenError ? error.cause : undefined
}

/** True if `error` is that cancellation, or was made from it: no failure of its own. */
export function isConsequenceOf(error: unknown, cancellation: Error | undefined): boolean {
  return cancellation !== undefined && (error === cancellation || causedBy(error, cancellation))
}

function causedBy(error: unknown, cause: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 16; at = at.cause, depth += 1) {
    if (at.cause !== undefined && at.cause === cause) return true
  }
  return false
}
