import { ambientScope, type Scope } from './scope.ts'

// Batches of one sampled item, each with its trace; an unsampled batch costs nothing here.
const traces = new WeakMap<readonly unknown[], unknown>()

/**
 * How often a task of this process came to hold a sampled item. Whoever knows that a task held none, and that this has not
 * moved since, knows that it still holds none.
 */
export const sampledEpoch = { count: 0 }

/** Makes a task hold the trace of an item: null for one that is not sampled. */
export function giveItemTrace(scope: Scope, trace: unknown): void {
  scope.itemTrace = trace
  if (trace !== null && trace !== undefined) sampledEpoch.count += 1
}

/** Notes whose trace a batch belongs to; for the receiver, which hands the batch out. */
export function noteBatchTrace(batch: readonly unknown[], trace: unknown): void {
  traces.set(batch, trace)
}

/**
 * The trace of a batch that came from `stream.batches()`: for code that pulls several streams at once, where the item
 * pulled last need not be the item in hand. Null if the batch is not sampled.
 */
export function itemTraceOf(batch: readonly unknown[]): unknown {
  return traces.get(batch) ?? null
}

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
  if (scope !== undefined) giveItemTrace(scope, trace)
}
