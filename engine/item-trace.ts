import { ambientScope } from './scope.ts'

/**
 * The trace of the item that the calling task pulled last; opaque, and to be handed to `adoptItemTrace`. For code that
 * passes items from one task to another, which is where the engine cannot see the connection by itself.
 */
export function heldItemTrace(): unknown {
  return ambientScope()?.itemTrace
}

/** Makes what the calling task sends next belong to the item that `trace` came from. */
export function adoptItemTrace(trace: unknown): void {
  const scope = ambientScope()
  if (scope !== undefined) scope.itemTrace = trace
}
