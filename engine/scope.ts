import { AsyncLocalStorage } from 'node:async_hooks'
import {
  ActorExitError,
  ChannelBrokenError,
  ChannelClosedError,
  ContextCancelledError,
  DeadlineExceededError,
} from './errors.ts'
import { Hand } from './hand.ts'
import type { Serving } from './interceptor.ts'
import { steadyMs } from './steady-clock.ts'
import { Timer } from './timer.ts'

interface ScopeOptions {
  /** Not cancelled with the parent. */
  readonly shield?: boolean
  readonly deadlineAt?: number
  /** It is a part of what its parent's task does: the item that is pulled inside is in hand outside, too. */
  readonly sameTask?: boolean
}

/**
 * A cancel scope: the limit that every engine wait inside it obeys. Scopes form a tree; cancelling one cancels those
 * below it, except shielded ones. The ambient scope travels by AsyncLocalStorage.
 *
 * A unary call makes one, so it has to be cheap: its `AbortSignal` and its listener set are made only when asked for.
 */
export class Scope {
  /** The actor runtime that the scope belongs to; opaque here, so that this file needs nothing above it. */
  readonly owner: unknown
  /** When the nearest deadline strikes, in `steadyMs()` milliseconds; Infinity without one. */
  readonly deadlineAt: number
  /** What the task works for: the call that it serves, or the activity that it is part of; undefined in a main program. */
  serving: Serving | undefined = undefined
  // The scope of the task as a whole: a time limit inside it does not make another task of it.
  readonly #task: Scope
  readonly #isOutermost: boolean
  // What it belongs to as long as it has pulled nothing, and what it has pulled. Most tasks pull nothing.
  #around: unknown
  #hand: Hand | undefined
  readonly #parent: Scope | undefined
  #reason: Error | undefined
  // Most scopes have one listener, and need no set for it: it is set while there is no other.
  #listener: ((reason: Error) => void) | undefined
  #listeners: Set<(reason: Error) => void> | undefined
  #controller: AbortController | undefined
  readonly #onParent: ((reason: Error) => void) | undefined

  constructor(owner: unknown, parent?: Scope, options: ScopeOptions = {}) {
    this.owner = owner
    const follows = parent !== undefined && options.shield !== true
    this.#parent = follows ? parent : undefined
    this.deadlineAt = Math.min(options.deadlineAt ?? Infinity, follows ? parent.deadlineAt : Infinity)
    this.serving = parent?.serving
    // The outermost scope is that of an actor, whose tasks have nothing in hand when they begin.
    const outer = parent === undefined || parent.#isOutermost ? undefined : parent
    this.#isOutermost = parent === undefined
    this.#task = outer !== undefined && options.sameTask === true ? outer.#task : this
    this.#around = outer?.itemTrace
    if (!follows) return
    if (parent.#reason !== undefined) this.#reason = parent.#reason
    else {
      this.#onParent = (reason) => this.cancel(reason)
      parent.onCancel(this.#onParent)
    }
  }

  /**
   * What the tracer knows of the item in hand in this task: null if that is not sampled, undefined if there is none. As long
   * as it has none, what it was begun with.
   */
  get itemTrace(): unknown {
    const task = this.#task
    return task.#hand === undefined ? task.#around : task.#hand.itemTrace
  }

  /** Says what the task belongs to while it has no item in hand. To be said before it has had one. */
  beginWith(trace: unknown): void {
    this.#task.#around = trace
  }

  /** What this task has in hand, where it is traced; made when it is asked for. */
  get hand(): Hand {
    const task = this.#task
    task.#hand ??= new Hand(task.#around)
    return task.#hand
  }

  /** The same if it ever had anything. */
  get usedHand(): Hand | undefined {
    return this.#task.#hand
  }

  /** Why the scope was cancelled; undefined while it was not. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** The scope as an AbortSignal, for `fetch` and the like; its reason is the scope's. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Cancels every wait inside. The first reason stands; later calls change nothing. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    const [listener, listeners] = [this.#listener, this.#listeners]
    this.#listener = undefined
    this.#listeners = undefined
    listener?.(reason)
    if (listeners !== undefined) for (const each of listeners) each(reason)
    this.#controller?.abort(reason)
  }

  /** Calls back once when the scope is cancelled; at once if it already is. Undo with `offCancel`. */
  onCancel(listener: (reason: Error) => void): void {
    if (this.#reason !== undefined) listener(this.#reason)
    else if (this.#listener === undefined && this.#listeners === undefined) this.#listener = listener
    else {
      this.#listeners ??= new Set()
      if (this.#listener !== undefined) this.#listeners.add(this.#listener)
      this.#listener = undefined
      this.#listeners.add(listener)
    }
  }

  offCancel(listener: (reason: Error) => void): void {
    if (this.#listener === listener) this.#listener = undefined
    else this.#listeners?.delete(listener)
  }

  /** Lets go of the parent. Whoever makes a scope closes it when what ran inside has ended. */
  close(): void {
    if (this.#onParent !== undefined) this.#parent?.offCancel(this.#onParent)
  }

  /** How many would be called back, scopes below it included: what grows when somebody does not let go. For a dump. */
  get listenerCount(): number {
    return (this.#listener === undefined ? 0 : 1) + (this.#listeners?.size ?? 0)
  }

  throwIfCancelled(): void {
    if (this.#reason !== undefined) throw this.#reason
  }
}

const ambient: AsyncLocalStorage<Scope> = new AsyncLocalStorage()

/** The scope of the running task, if it runs inside an actor. */
export function ambientScope(): Scope | undefined {
  return ambient.getStore()
}

/** Runs `fn` with `scope` as the ambient one. */
export function runInScope<T>(scope: Scope, fn: () => T): T {
  return ambient.run(scope, fn)
}

const never: AbortSignal = new AbortController().signal

/** The signal that every engine wait here obeys; outside any scope, one that never fires. */
export function currentSignal(): AbortSignal {
  return ambientScope()?.signal ?? never
}

/**
 * True if `error` is how a wait that obeys a scope or a signal ends when that is cancelled: its reason, or the AbortError that
 * Node's own functions make of a signal's reason.
 */
export function isCancellationOf({ reason }: Pick<Scope | AbortSignal, 'reason'>, error: unknown): boolean {
  if (reason === undefined) return false
  return error === reason || (error instanceof Error && error.name === 'AbortError' && error.cause === reason)
}

/**
 * Waits `ms` milliseconds. A cancelled scope ends the wait at once with its reason.
 */
export function sleep(ms: number): Promise<void> {
  const scope = ambientScope()
  return new Promise((resolve, reject) => {
    if (scope?.reason !== undefined) {
      reject(scope.reason)
      return
    }
    const onCancel = (reason: Error) => {
      timer.clear()
      reject(reason)
    }
    const timer = new Timer(ms, () => {
      scope?.offCancel(onCancel)
      resolve()
    })
    scope?.onCancel(onCancel)
  })
}

/** Waits for `promise`, but not past the cancellation of the ambient scope. The promise itself is left to its maker. */
export function interruptible<T>(promise: Promise<T>, scope: Scope | undefined = ambientScope()): Promise<T> {
  if (scope === undefined) return promise
  return new Promise((resolve, reject) => {
    const onCancel = (reason: Error) => reject(reason)
    scope.onCancel(onCancel)
    promise.then(resolve, reject).finally(() => scope.offCancel(onCancel))
  })
}

async function runWithDeadline<T>(ms: number, fn: () => T | Promise<T>): Promise<{ scope: Scope; value: T }> {
  const parent = ambientScope()
  const scope = new Scope(parent?.owner, parent, { deadlineAt: steadyMs() + ms, sameTask: true })
  const timer = new Timer(ms, () => scope.cancel(new DeadlineExceededError(ms)))
  try {
    return { scope, value: await runInScope(scope, fn) }
  } catch (error) {
    if (!isCancellationOf(scope, error) || parent?.reason === scope.reason) throw error
    throw new ScopeEnded(scope.reason)
  } finally {
    timer.clear()
    scope.close()
  }
}

/** Carries the end of exactly this scope to the function that opened it; never leaves this file. */
class ScopeEnded extends Error {
  readonly reason: unknown
  constructor(reason: unknown) {
    super('a scope has ended')
    this.reason = reason
  }
}

/**
 * Runs `fn` for at most `ms` milliseconds: then its engine waits are interrupted, and the call resolves with
 * `cancelled: true`. If `fn` ends in time (or ends well in spite of the interruption) `value` is what it returned.
 */
export async function moveOnAfter<T>(
  ms: number,
  fn: () => T | Promise<T>,
): Promise<{ cancelled: false; value: T } | { cancelled: true; value?: undefined }> {
  try {
    const { value } = await runWithDeadline(ms, fn)
    return { cancelled: false, value }
  } catch (error) {
    if (error instanceof ScopeEnded) return { cancelled: true }
    throw error
  }
}

/** Like `moveOnAfter`, but running out of time throws `DeadlineExceededError`. */
export async function failAfter<T>(ms: number, fn: () => T | Promise<T>): Promise<T> {
  try {
    return (await runWithDeadline(ms, fn)).value
  } catch (error) {
    throw error instanceof ScopeEnded ? error.reason : error
  }
}

/** Runs `fn` out of reach of the surrounding cancellation and deadline: for clean-up that has to wait for something. */
export async function shield<T>(fn: () => T | Promise<T>): Promise<T> {
  const parent = ambientScope()
  const scope = new Scope(parent?.owner, parent, { shield: true, sameTask: true })
  return await runInScope(scope, fn)
}

/** Cancels the scope with the signal, at once if that has fired. Returns how to let go of the signal. */
export function cancelWith(scope: Scope, signal: AbortSignal): () => void {
  const onAbort = () => scope.cancel(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

/** Runs `fn` in a scope of its own that is cancelled with the signal, too: its engine waits then end with the signal's reason. */
export async function withSignal<T>(signal: AbortSignal, fn: () => T | Promise<T>): Promise<T> {
  const parent = ambientScope()
  const scope = new Scope(parent?.owner, parent, { sameTask: true })
  const letGo = cancelWith(scope, signal)
  try {
    return await runInScope(scope, fn)
  } finally {
    letGo()
    scope.close()
  }
}

/** What a cancellation tells others of its reason. */
export function reasonText(reason: Error): string {
  return reason instanceof ContextCancelledError ? reason.reason : reason.message
}

/** True if `error` is how a call ends because its callee was ended or has gone, and not a failure in the callee. */
export function isLoss(error: unknown): boolean {
  return (
    error instanceof ContextCancelledError ||
    error instanceof ChannelBrokenError ||
    error instanceof ChannelClosedError ||
    error instanceof ActorExitError
  )
}
