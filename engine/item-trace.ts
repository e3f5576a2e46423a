import type { ActorId } from './errors.ts'
import type { Interceptor, Tentative } from './interceptor.ts'
import { ambientScope, isCancellationOf, runInScope, Scope } from './scope.ts'

// Batches of one sampled item, each with its trace; an unsampled batch costs nothing here.
const traces = new WeakMap<readonly unknown[], unknown>()
// Whoever does not trace does not pay for looking.
let anyNoted = false

/**
 * How often a task of this process came to hold a sampled item. Whoever knows that a task held none, and that this has not
 * moved since, knows that it still holds none.
 */
export const sampledEpoch = { count: 0 }

/**
 * Makes a task hold the trace of an item: null for one that is not sampled. It owns the item if it alone deals with it, so
 * that with the task's end the item is done.
 */
export function giveItemTrace(scope: Scope, trace: unknown, owns: boolean): void {
  scope.holdItem(trace, owns)
  if (trace !== null && trace !== undefined) sampledEpoch.count += 1
}

/** Notes whose trace a batch belongs to: the receiver, which hands it out, and whoever makes another batch of it. */
export function noteBatchTrace(batch: readonly unknown[], trace: unknown): void {
  anyNoted = true
  traces.set(batch, trace)
}

/**
 * The trace of a batch that came from `stream.batches()`: for code that pulls several streams at once, where the item
 * pulled last need not be the item in hand. Null if the batch is not sampled.
 */
export function itemTraceOf(batch: readonly unknown[]): unknown {
  return anyNoted ? (traces.get(batch) ?? null) : null
}

/**
 * Makes what the calling task sends next belong to the item that `trace` is of, which another task deals with. For code that
 * passes items from one task to another, which is where the engine cannot see the connection by itself.
 */
export function adoptItemTrace(trace: unknown): void {
  const scope = ambientScope()
  if (scope !== undefined) giveItemTrace(scope, trace, false)
}

/**
 * Makes the calling task hold an item that it has pulled before or apart: its failure is then that item's. Undefined for one
 * that begins in the actor.
 */
export function takeItem(trace: unknown): void {
  const scope = ambientScope()
  if (scope === undefined) return
  giveItemTrace(scope, trace, true)
  if (trace !== null && trace !== undefined) tracerOf(scope)?.itemTaken?.(trace)
}

/**
 * Pulls an item ahead, and leaves the task with the one that it holds: for code that pulls several streams at once. Whose
 * trace came is then to be asked of the batch.
 */
export async function holdApart<T>(pull: () => Promise<T>): Promise<T> {
  const outer = ambientScope()
  if (outer === undefined || tracerOf(outer) === undefined) return await pull()
  const scope = new Scope(outer.owner, outer)
  try {
    return await runInScope(scope, pull)
  } finally {
    scope.close()
  }
}

/** A sampled item of a batch: which one it is, and its trace. */
export interface CreatedItem {
  readonly index: number
  readonly trace: unknown
}

/**
 * The sampled ones of so many items that begin in the calling actor (without `trace`), or were made there of several, and go
 * to several readers: what each of those is sent then belongs to one trace. Undefined if nobody traces.
 */
export function createItems(count: number, trace: unknown): CreatedItem[] | undefined {
  const scope = ambientScope()
  const tracer = scope === undefined ? undefined : tracerOf(scope)
  if (scope === undefined || tracer?.itemCreated === undefined) return undefined
  const { self } = scope.owner as Owner
  const created: CreatedItem[] = []
  for (let index = 0; index < count; index += 1) {
    const held = tracer.itemCreated(self, trace)
    if (held !== null) created.push({ index, trace: held })
  }
  return created
}

/** True if what is held is of an item that is not sampled. */
export function isTentative(trace: unknown): trace is Tentative {
  return typeof trace === 'object' && trace !== null && 'isTentative' in trace
}

/** Nothing comes of the item that `trace` is of. */
export function dropItem(trace: unknown): void {
  const scope = ambientScope()
  if (scope !== undefined) tracerOf(scope)?.itemDropped?.(trace)
}

/** The task with that scope has ended, and with it what it did with the item in its hand. */
export function endItem(scope: Scope, error?: unknown): void {
  const { itemTrace } = scope
  if (!scope.ownsItem || itemTrace === null) return
  tracerOf(scope)?.itemDone?.(itemTrace, error, error !== undefined && isCancellationOf(scope, error))
}

/** Whether anybody follows items through the calling actor. That is decided when the actor starts. */
export function followsItems(): boolean {
  const scope = ambientScope()
  const tracer = scope === undefined ? undefined : tracerOf(scope)
  return tracer?.itemSent !== undefined || tracer?.itemCreated !== undefined
}

/** What a scope belongs to, as far as it matters here. */
interface Owner {
  readonly self: ActorId
  readonly interceptor: Interceptor | undefined
}

function tracerOf(scope: Scope): Interceptor | undefined {
  return (scope.owner as Owner | undefined)?.interceptor
}
