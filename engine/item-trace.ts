import type { ActorId } from './errors.ts'
import { adopted, type ItemGiver } from './hand.ts'
import type { ActiveTrace, Interceptor } from './interceptor.ts'
import { ambientScope, isCancellationOf, runInScope, Scope } from './scope.ts'

// Batches of one sampled item, each with its trace; an unsampled batch costs nothing here.
const traces = new WeakMap<readonly unknown[], unknown>()
// Whoever does not trace does not pay for looking.
let anyNoted = false

/**
 * How often a task of this process came to hold a sampled item, or has let go of what a stream gave it. Whoever knows that a
 * task holds an item that is not sampled, and that this has not moved since, knows that it still does.
 */
export const handChanges = { count: 0 }

/** Hands an item to a task: its trace, which is null for one that is not sampled. */
export function giveItem(scope: Scope, giver: ItemGiver, trace: unknown): void {
  scope.hand.take(giver, trace)
  if (trace !== null && trace !== undefined) handChanges.count += 1
}

/** The task with that scope gets no more from that giver: it has come to its end, or was left, maybe as the task fails. */
export function endGiving(scope: Scope | undefined, giver: ItemGiver, how: 'ended' | 'left'): void {
  const hand = scope?.usedHand
  if (hand === undefined) return
  const hasChanged = how === 'ended' ? hand.letGo(giver) : hand.leave(giver)
  if (hasChanged) handChanges.count += 1
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
  if (scope !== undefined) giveItem(scope, adopted, trace)
}

/** Makes the calling task hold an item that it has pulled before or apart: its failure is then that item's. */
export function takeItem(giver: ItemGiver, trace: unknown): void {
  const scope = ambientScope()
  const tracer = tracerOf(scope)
  if (scope === undefined || tracer === undefined) return
  giveItem(scope, giver, trace)
  if (trace !== null) tracer.itemTaken?.(trace)
}

/** The calling task takes nothing more from that giver. */
export function leaveItems(giver: ItemGiver, how: 'ended' | 'left'): void {
  endGiving(ambientScope(), giver, how)
}

/**
 * Pulls batches ahead, in a hand of their own, and leaves the task with what it holds: for code that pulls several streams at
 * once. Whose trace came is then to be asked of the batch. Whoever leaves the stream before its end closes this.
 */
export class PullingApart {
  #scope: Scope | undefined

  async next<T>(batches: AsyncIterator<T>): Promise<IteratorResult<T>> {
    const outer = ambientScope()
    if (outer === undefined || tracerOf(outer) === undefined) return await batches.next()
    const scope = (this.#scope ??= new Scope(outer.owner, outer))
    try {
      const result = await runInScope(scope, () => batches.next())
      if (result.done === true) this.close()
      return result
    } catch (error) {
      endItem(scope, error)
      this.close()
      throw error
    }
  }

  close(): void {
    this.#scope?.close()
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
  const tracer = tracerOf(scope)
  if (scope === undefined || tracer?.itemCreated === undefined) return undefined
  const { self } = scope.owner as Owner
  const created: CreatedItem[] = []
  for (let index = 0; index < count; index += 1) {
    const held = tracer.itemCreated(self, trace)
    if (held !== null) created.push({ index, trace: held })
  }
  return created
}

/** The span of the item that a failure of the calling task would be one of; undefined if that is not sampled. */
export function heldTrace(): ActiveTrace | undefined {
  const scope = ambientScope()
  const tracer = tracerOf(scope)
  for (const trace of scope?.usedHand?.atWork ?? []) {
    const found = tracer?.traceOf?.(trace)
    if (found !== undefined) return found
  }
  return undefined
}

/** Nothing comes of the item that `trace` is of. */
export function dropItem(trace: unknown): void {
  tracerOf(ambientScope())?.itemDropped?.(trace)
}

/** The task with that scope has ended, and with it what it did with the items in its hand. */
export function endItem(scope: Scope, error?: unknown): void {
  const hand = scope.usedHand
  const tracer = tracerOf(scope)
  if (hand === undefined || tracer?.itemDone === undefined) return
  const isCancelled = error !== undefined && isCancellationOf(scope, error)
  if (error !== undefined) for (const trace of hand.atWork) tracer.itemDone(trace, error, isCancelled)
  for (const trace of hand.all) tracer.itemDone(trace)
}

/** Whether anybody follows items through the calling actor. That is decided when the actor starts. */
export function followsItems(): boolean {
  const tracer = tracerOf(ambientScope())
  return tracer?.itemSent !== undefined || tracer?.itemCreated !== undefined
}

/** What a scope belongs to, as far as it matters here. */
interface Owner {
  readonly self: ActorId
  readonly interceptor: Interceptor | undefined
}

function tracerOf(scope: Scope | undefined): Interceptor | undefined {
  return (scope?.owner as Owner | undefined)?.interceptor
}
