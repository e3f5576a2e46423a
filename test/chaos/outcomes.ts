import { ActorExitError, ChannelBrokenError, FlowError, RemoteActorError } from '../../index.ts'

// How calls may end when those who serve them are killed, frozen or cut off.
const expectedCodes = new Set([
  'FLOW_ACTOR_EXIT',
  'FLOW_ACTOR_NOT_FOUND',
  'FLOW_ACTOR_TOO_SLOW',
  'FLOW_CHANNEL_BROKEN',
  'FLOW_CHANNEL_CLOSED',
  'FLOW_CONTEXT_CANCELLED',
  'FLOW_DEADLINE_EXCEEDED',
  'FLOW_SPAWN',
])

export const isExpected = (code: string): boolean => expectedCodes.has(code)

/** How something ended, as the code of what was thrown; what nobody expects has its own words. */
export function codeOf(error: unknown): string {
  if (error instanceof RemoteActorError) {
    const { cause } = error
    return FlowError.is(cause) ? codeOf(cause) : `${error.remoteName}: ${error.message}`
  }
  // One that was killed had no time for a goodbye.
  if (error instanceof ActorExitError && error.cause instanceof ChannelBrokenError) {
    const { goodbye } = error.cause
    if (goodbye?.startsWith('it crashed') === true) return goodbye
  }
  if (FlowError.is(error)) return error.code
  if (error instanceof AggregateError) {
    const codes = error.errors.map((each) => codeOf(each))
    return codes.find((code) => !isExpected(code)) ?? codes[0] ?? 'an AggregateError of nothing'
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
