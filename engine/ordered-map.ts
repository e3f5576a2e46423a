import { type ActorId, ActorTooSlowError, StreamClosedError } from './errors.ts'
import { isConsequenceOf, joinErrors } from './joined-errors.ts'
import { MapInput } from './map-input.ts'
import { ambientScope, runInScope, Scope } from './scope.ts'

/** What an `OrderedMap` is told beside its input. */
export interface OrderedMapOptions<T, R> {
  /** Does the work on one item. It runs in a scope of its own: once that is cancelled, it ends the work and then rejects. */
  readonly call: (item: T) => Promise<R>
  /** Whether results come in the order of the input, or as they are ready. */
  readonly ordered: boolean
  /** The most items that may have been taken from the input and whose results have not been consumed. */
  readonly concurrency: number
  /** The scope that the map belongs to, and the actor that this is in. */
  readonly scope: Scope
  readonly self: ActorId
  /** How long an input may take to end that is waiting for its next item. Milliseconds. */
  readonly graceMs: number
  /** Finds what is behind an error before it is thrown. */
  readonly explain?: (error: unknown) => Promise<unknown>
  /** Called when an error is thrown to the consumer. */
  readonly onTold?: (error: unknown) => void
  /** Called once, when nothing of the map runs any more. */
  readonly onEnd?: () => void
}

/** One item, from when it is taken until its result is handed out. */
interface Slot<R> {
  readonly scope: Scope | undefined
  outcome:
    | { readonly kind: 'value'; readonly value: R }
    | { readonly kind: 'error'; readonly error: unknown }
    | undefined
}

interface Waiter<R> {
  settle(result: IteratorResult<R, undefined> | Promise<IteratorResult<R, undefined>>): void
}

/** Why a map ended before its input had. */
type EarlyEnd =
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled'; readonly reason: Error }

const done: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

/**
 * The results of an async function over a sequence. It works ahead on a bounded number of items, and hands out the
 * results in the order of the input or as they are ready. It knows no portals.
 *
 * It begins at the first `next()`, in the scope that it was made in. When it ends early (it is left, the work on an item
 * fails, the input does, a scope is cancelled) it cancels what is under way, closes the input and waits for both; only then
 * its consumer hears of it.
 */
export class OrderedMap<T, R> implements AsyncIterableIterator<R, undefined>, AsyncDisposable {
  readonly #source: Iterable<T> | AsyncIterable<T>
  readonly #options: OrderedMapOptions<T, R>
  #scope: Scope | undefined
  #input: MapInput<T> | undefined
  readonly #running = new Set<Promise<void>>()
  // In the order in which they will be handed out: ordered, from when they are taken; else from when they are ready.
  #slots: Slot<R>[] = []
  #failed = false
  // Results that were handed out a moment ago; the consumer may not have seen them yet.
  #inHandCount = 0
  #turn: NodeJS.Immediate | undefined
  #waiters: Waiter<R>[] = []
  #filling = false
  #ended = false
  #errorTold = false
  #ending: Promise<{ readonly error: unknown } | undefined> = Promise.resolve(undefined)
  readonly #cleanUpErrors: unknown[] = []

  constructor(source: Iterable<T> | AsyncIterable<T>, options: OrderedMapOptions<T, R>) {
    this.#source = source
    this.#options = options
  }

  /** The next result; waits for one. Rejects with the error of the work or of the input, or with the cancellation. */
  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#ended) return this.#tellEnd()
    const scope = ambientScope()
    const reason = scope?.reason ?? this.#options.scope.reason
    if (reason !== undefined) {
      this.#end({ kind: 'cancelled', reason })
      return this.#tellEnd()
    }
    this.#open()
    this.#consumed()
    if (this.#waiters.length === 0) {
      const ready = this.#take()
      if (ready !== undefined) return Promise.resolve(ready)
      if (this.#ended) return this.#tellEnd()
    }
    return new Promise((resolve) => {
      const onCancel = (cancelled: Error) => {
        // The one that was interrupted is told why; the others find the end.
        this.#waiters = [waiter, ...this.#waiters.filter((other) => other !== waiter)]
        this.#end({ kind: 'cancelled', reason: cancelled })
      }
      const waiter: Waiter<R> = {
        settle: (result) => {
          scope?.offCancel(onCancel)
          resolve(result)
        },
      }
      this.#waiters.push(waiter)
      scope?.onCancel(onCancel)
    })
  }

  /** Leaves the map: cancels what is under way, closes the input, and waits for both. Throws what fails in that. */
  async return(): Promise<IteratorResult<R, undefined>> {
    if (this.#ended) await this.#ending
    else {
      this.#end({ kind: 'left' })
      await this.#tellEnd()
    }
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Ends the map at once: its consumer gets this error instead of more results. Resolves when nothing of it runs. */
  async fail(error: unknown): Promise<void> {
    this.#end({ kind: 'failed', error })
    await this.#ending
  }

  #open(): void {
    if (this.#scope !== undefined) return
    this.#scope = new Scope(this.#options.scope.owner, this.#options.scope)
    this.#scope.onCancel((reason) => this.#end({ kind: 'cancelled', reason }))
    const reader = { item: (item: T) => this.#taken(item), ended: this.#inputEnded }
    try {
      this.#input = new MapInput(this.#source, reader, this.#scope)
    } catch (error) {
      this.#end({ kind: 'failed', error })
    }
  }

  /** Takes from the input for as long as there is room. */
  #fill(): void {
    // What it takes asks for more as well.
    if (this.#filling) return
    this.#filling = true
    const { ordered, concurrency } = this.#options
    while (this.#input?.ready === true && !this.#ended && !this.#failed) {
      const held = ordered ? this.#slots.length : this.#slots.length + this.#running.size
      if (held + this.#inHandCount >= concurrency) break
      this.#input.read()
    }
    this.#filling = false
  }

  #taken(item: T): void {
    // Asked for before it was all over.
    if (this.#ended || this.#failed) return
    const { call, ordered } = this.#options
    const scope = new Scope(this.#options.scope.owner, this.#scope)
    const slot: Slot<R> = { scope, outcome: undefined }
    if (ordered) this.#slots.push(slot)
    const work: Promise<void> = runInScope(scope, () => Promise.try(call, item)).then(
      (value) => this.#settled(work, slot, { kind: 'value', value }),
      (error: unknown) => this.#settled(work, slot, { kind: 'error', error }),
    )
    this.#running.add(work)
    this.#proceed()
  }

  #settled(work: Promise<void>, slot: Slot<R>, outcome: NonNullable<Slot<R>['outcome']>): void {
    this.#running.delete(work)
    slot.scope?.close()
    const cancelled = slot.scope?.reason
    if (cancelled === undefined) {
      slot.outcome = outcome
      if (!this.#options.ordered) this.#slots.push(slot)
      if (outcome.kind === 'error') this.#slotFailed(slot, outcome.error)
    } else if (outcome.kind === 'error' && outcome.error instanceof ActorTooSlowError) {
      // It still runs there. Any other failure may have been just before the cancellation, and is as little wanted as a result.
      this.#cleanUpErrors.push(outcome.error)
    }
    this.#proceed()
  }

  /** Nothing that comes after a failure is wanted any more. Ordered, what comes before it still is. */
  #slotFailed(slot: Slot<R>, error: unknown): void {
    this.#failed = true
    if (!this.#options.ordered) {
      this.#end({ kind: 'failed', error })
      return
    }
    const rest = this.#slots.splice(this.#slots.indexOf(slot) + 1)
    for (const { scope } of rest) scope?.cancel(stopReason({ kind: 'failed', error }))
  }

  readonly #inputEnded = (failure: { readonly error: unknown } | undefined): void => {
    if (this.#ended) {
      if (failure !== undefined && !isInterruption(failure.error, this.#scope)) this.#cleanUpErrors.push(failure.error)
      return
    }
    if (failure !== undefined && !this.#failed) {
      const outcome = { kind: 'error', error: failure.error } as const
      const slot: Slot<R> = { scope: undefined, outcome }
      this.#slots.push(slot)
      this.#slotFailed(slot, failure.error)
    }
    this.#proceed()
  }

  #proceed(): void {
    this.#fill()
    while (this.#waiters.length > 0 && !this.#ended) {
      const result = this.#take()
      if (result === undefined) return
      this.#waiters.shift()?.settle(result)
    }
  }

  /** The next result if it is ready. Sees the end, too. */
  #take(): IteratorResult<R, undefined> | undefined {
    const outcome = this.#slots[0]?.outcome
    if (outcome?.kind === 'error') {
      this.#end({ kind: 'failed', error: outcome.error })
    } else if (outcome?.kind === 'value') {
      this.#slots.shift()
      this.#inHandCount += 1
      // By then the consumer has it, and if it takes its time with it, there is room for another one.
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined
        this.#consumed()
      })
      return { done: false, value: outcome.value }
    } else if (this.#input?.ended === true && this.#slots.length === 0 && this.#running.size === 0) {
      this.#end(undefined)
    }
    return undefined
  }

  #consumed(): void {
    this.#inHandCount = 0
    this.#fill()
  }

  #end(early: EarlyEnd | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#slots = []
    clearImmediate(this.#turn)
    this.#ending = this.#finish(early)
    // Whoever leaves is told of what fails in that; those who still wait find the end.
    const isLeft = early?.kind === 'left'
    for (const waiter of this.#waiters.splice(0))
      waiter.settle(isLeft ? this.#ending.then(() => done) : this.#tellEnd())
  }

  /** Waits until nothing runs. Like a generator's, the error is thrown to one `next()`; after it the map has just ended. */
  async #tellEnd(): Promise<IteratorReturnResult<undefined>> {
    const failure = await this.#ending
    if (failure === undefined || this.#errorTold) return done
    this.#errorTold = true
    this.#options.onTold?.(failure.error)
    throw failure.error
  }

  async #finish(early: EarlyEnd | undefined): Promise<{ readonly error: unknown } | undefined> {
    try {
      return early === undefined ? undefined : await this.#stop(early)
    } finally {
      this.#scope?.close()
      this.#options.onEnd?.()
    }
  }

  async #stop(early: EarlyEnd): Promise<{ readonly error: unknown } | undefined> {
    this.#scope?.cancel(stopReason(early))
    const closing = this.#closeInput(early)
    while (this.#running.size > 0) await Promise.all(this.#running)
    await closing
    switch (early.kind) {
      case 'left':
        return this.#cleanUpErrors.length === 0 ? undefined : { error: joinErrors(this.#cleanUpErrors) }
      case 'failed':
        return { error: joinErrors([await this.#explain(early.error), ...this.#cleanUpErrors]) }
      case 'cancelled': {
        const error = await this.#explain(early.reason)
        // A cancellation is no failure: one of the clean-up is told in its place.
        if (error === early.reason && this.#cleanUpErrors.length > 0) return { error: joinErrors(this.#cleanUpErrors) }
        return { error }
      }
    }
  }

  async #explain(error: unknown): Promise<unknown> {
    return this.#options.explain === undefined ? error : await this.#options.explain(error)
  }

  async #closeInput(early: EarlyEnd): Promise<void> {
    const { self, graceMs, scope } = this.#options
    try {
      const closed = (await this.#input?.close(graceMs, scope, ambientScope() ?? scope)) ?? true
      // Whoever leaves is told that something of it is left; else there is an error that says more.
      if (!closed && early.kind === 'left') throw new ActorTooSlowError(self, 'the input of a map', graceMs)
    } catch (error) {
      if (!isInterruption(error, this.#scope)) this.#cleanUpErrors.push(error)
    }
  }
}

/** Whether an input has ended with `error` for no other reason than that it was interrupted. */
function isInterruption(error: unknown, scope: Scope | undefined): boolean {
  return isConsequenceOf(error, scope?.reason) || (error instanceof Error && error.name === 'AbortError')
}

/** What the work that is under way is cancelled with. */
function stopReason(early: EarlyEnd): Error {
  switch (early.kind) {
    case 'left':
      return new StreamClosedError('the consumer of its map left')
    case 'failed':
      return new StreamClosedError(
        `its map failed: ${early.error instanceof Error ? early.error.message : 'another item'}`,
      )
    case 'cancelled':
      return early.reason
  }
}
