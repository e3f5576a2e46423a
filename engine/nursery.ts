import { startActivity } from './activity.ts'
import type { ActorRuntime } from './actor-runtime.ts'
import { ActorSlot } from './actor-slot.ts'
import type { ChildActor, SpawnOptions } from './child-actor.ts'
import { currentRuntime, refuseWhileImporting } from './current-actor.ts'
import type { CallArgs, Definition, Functions, RunName, RunResult } from './definition.ts'
import { type ActorId, ContextCancelledError, UsageError } from './errors.ts'
import type { Followed } from './interceptor.ts'
import { endItem } from './item-trace.ts'
import { isConsequenceOf, joinErrors } from './joined-errors.ts'
import { type NurseryEvent, NurseryEvents } from './nursery-events.ts'
import { Portal } from './portal.ts'
import { ambientScope, interruptible, isLoss, reasonText, runInScope, Scope, sleep } from './scope.ts'
import { stageOf } from './shared-name.ts'
import { steadyMs } from './steady-clock.ts'
import { resolveSupervision, type Supervision, type SupervisionOptions } from './supervision.ts'

/** The options of a nursery: how its actors are spawned, and what it does when one of them fails. */
export interface NurseryOptions extends SpawnOptions, SupervisionOptions {}

/** The handle on an actor that runs one function and ends with it. */
export class ResultPortal<F extends Functions, Result> extends Portal<F> {
  readonly #result: Promise<Result>

  constructor(slot: ActorSlot, result: Promise<Result>, end: (reason: string) => Promise<unknown>) {
    super(slot, {}, end)
    this.#result = result
  }

  /** Waits for what the function returned; may be asked any number of times, after the nursery's end too. */
  result(): Promise<Result> {
    return interruptible(this.#result)
  }
}

/** The scope that owns child actors and local tasks; see `openNursery`. */
export class Nursery {
  readonly #core: NurseryCore
  readonly #options: SpawnOptions

  constructor(core: NurseryCore, options: SpawnOptions = {}) {
    this.#core = core
    this.#options = options
  }

  /** Aborts when the nursery is cancelled: by `cancel()`, from outside, or because one of its members failed. */
  get signal(): AbortSignal {
    return this.#core.scope.signal
  }

  /**
   * Starts an actor that lives until it is cancelled. Resolves when it is ready for calls; throws `SpawnError`, or
   * `NameTakenError` where a name is one actor's alone. If it
   * ends unasked, the nursery fails with `ActorExitError`, or starts it again if its options say so: the portal follows.
   */
  async startActor<F extends Functions>(
    name: string,
    definition: Definition<F>,
    options: SpawnOptions = {},
  ): Promise<Portal<F>> {
    const slot = await this.#core.spawn(name, definition, { ...this.#options, ...options })
    return new Portal<F>(slot, {}, (reason) => this.#core.end(slot, reason))
  }

  /** Starts an actor that runs one function and then ends. Resolves once it runs; its failure is the nursery's. */
  async runInActor<F extends Functions, K extends RunName<F>>(
    name: string,
    definition: Definition<F>,
    functionName: K,
    ...args: CallArgs<F[K]>
  ): Promise<ResultPortal<F, RunResult<F[K]>>> {
    const slot = await this.#core.spawn(name, definition, this.#options)
    const portal = new Portal<F>(slot)
    const result = this.#core.runOnce(slot, () => portal.run(functionName, ...args))
    return new ResultPortal(slot, result, (reason) => this.#core.end(slot, reason))
  }

  /** Runs a local task in the nursery's scope. Its failure is the nursery's; the promise is there for its value. */
  startTask<T>(task: () => Promise<T> | T): Promise<T> {
    return this.#core.startTask(async () => await task())
  }

  /** Cancels everything in the nursery; `openNursery` then resolves, as this is no failure. */
  cancel(reason = 'its nursery was cancelled'): void {
    this.#core.cancel(reason)
  }

  /** The same nursery, spawning with these options. */
  with(options: SpawnOptions): Nursery {
    return new Nursery(this.#core, { ...this.#options, ...options })
  }

  /**
   * What happens to its actors from now on. Ends when the nursery's body has ended and its last actor has. A reader that
   * is more than 1024 events behind loses the oldest, and gets `StreamLaggedError` once.
   */
  events(): AsyncIterableIterator<NurseryEvent, undefined> {
    return this.#core.events.open()
  }
}

class NurseryCore {
  readonly scope: Scope
  readonly events: NurseryEvents = new NurseryEvents()
  readonly #runtime: ActorRuntime
  readonly #outer: Scope | undefined
  readonly #supervision: Supervision
  // In the order of their start.
  readonly #slots = new Set<ActorSlot>()
  readonly #children = new Set<ChildActor>()
  readonly #members = new Set<Promise<void>>()
  readonly #errors: unknown[] = []
  // The waits before a restart, and for whom.
  readonly #backOffs = new Set<{ readonly slots: readonly ActorSlot[]; readonly scope: Scope }>()
  // Restarts of groups happen one after another.
  #turn: Promise<void> = Promise.resolve()
  #cancelledHere = false
  #bodyEnded = false
  #closed = false

  constructor(runtime: ActorRuntime, outer: Scope | undefined, options: SupervisionOptions) {
    this.#runtime = runtime
    this.#outer = outer
    this.#supervision = resolveSupervision(options)
    // Its body goes on with the item that is in hand outside.
    this.scope = new Scope(runtime, outer, { sameTask: true })
    this.scope.onCancel((reason) => {
      for (const child of this.#children) void child.end(reasonText(reason))
    })
  }

  async run<T>(body: (nursery: Nursery) => Promise<T> | T): Promise<T> {
    let value: T | undefined
    try {
      value = await runInScope(this.scope, async () => await body(new Nursery(this)))
    } catch (error) {
      this.#fail(error)
    }
    this.#bodyEnded = true
    this.#endEventsIfOver()
    while (this.#members.size > 0) await Promise.all(this.#members)
    this.#closed = true
    this.events.end()
    this.scope.close()
    if (this.#errors.length > 0) throw joinErrors(this.#errors)
    // Cancelled from outside: whoever did it waits for its own reason to come back.
    if (!this.#cancelledHere) this.#outer?.throwIfCancelled()
    return value as T
  }

  async spawn<F extends Functions>(name: string, definition: Definition<F>, options: SpawnOptions): Promise<ActorSlot> {
    this.#checkOpen()
    const slot = new ActorSlot(name, definition, options)
    this.#slots.add(slot)
    const method = options.spawn ?? 'process'
    try {
      const child = await this.#start(slot, (actor, startedMs) =>
        startActivity({ kind: 'spawn', actor, method, startedMs }),
      )
      this.events.emit({ kind: 'started', actor: child.id, atMs: Date.now() })
      this.#runtime.note({ kind: 'started', actor: child.id, parent: this.#runtime.self })
    } catch (error) {
      this.#remove(slot, error as Error)
      throw error
    }
    return slot
  }

  /** Starts an actor in its place. Resolves when it is up; whoever asked for it is told if it does not come up. */
  async #start(
    slot: ActorSlot,
    follow: (actor: ActorId, startedMs: number) => Followed | undefined,
  ): Promise<ChildActor> {
    this.scope.throwIfCancelled()
    const startedMs = performance.now()
    const child = slot.launch(this.#runtime)
    const followed = follow(child.id, startedMs)
    this.#children.add(child)
    const booting = child.boot()
    let up = false
    this.#add(async () => {
      try {
        await booting
      } catch {
        // Until it is up, its failure is the business of whoever starts it, and not of the nursery.
        await child.end('it did not start')
        this.#children.delete(child)
        return
      }
      const ended = await child.unexpectedEnd()
      this.#children.delete(child)
      // If its start was cancelled at the last moment, nobody has heard of it.
      if (up) await this.#settle(slot, child, ended)
    })
    try {
      // The caller may be in a scope of its own, narrower than the nursery's.
      await interruptible(interruptible(booting, this.scope))
    } catch (error) {
      followed?.ended(error === this.scope.reason ? { cancelled: true } : { error })
      slot.evict()
      await child.end('its start was cancelled')
      throw error
    }
    followed?.ended({})
    slot.arrive(child)
    up = true
    return child
  }

  /** Sees to what follows from the end of an actor that was up. */
  async #settle(slot: ActorSlot, child: ChildActor, ended: Error | undefined): Promise<void> {
    const error = (slot.occupant === child ? slot.failure : undefined) ?? ended
    this.events.emit({
      kind: 'exited',
      actor: child.id,
      atMs: Date.now(),
      ...(error === undefined ? {} : { error: asError(error) }),
    })
    if (error !== undefined) {
      const why = `${asError(error).name}: ${asError(error).message}`
      this.#runtime.note({ kind: 'failed', actor: child.id, parent: this.#runtime.self, why })
    }
    // Taken out of its place by a restart of its group, which goes on from there.
    if (slot.occupant !== child) return
    const { restart, strategy } = this.#supervision
    const again = restart === 'always' || (restart === 'on-failure' && error !== undefined)
    if (again && !slot.stopped && this.scope.reason === undefined) return await this.#restart(slot, child, error)
    this.#remove(slot, ended)
    if (error === undefined) return
    if (strategy === 'one-cancels-all' || this.scope.reason !== undefined) this.#fail(error)
    else this.#report(`is done without: ${asError(error).message}`, slot)
  }

  #remove(slot: ActorSlot, why: Error | undefined): void {
    this.#slots.delete(slot)
    slot.vacate(why)
    this.#endEventsIfOver()
  }

  #endEventsIfOver(): void {
    if (this.#bodyEnded && this.#slots.size === 0) this.events.end()
  }

  async #restart(slot: ActorSlot, child: ChildActor, cause: unknown): Promise<void> {
    if (this.#supervision.strategy === 'one-for-one') return await this.#restartGroup([slot], slot, cause)
    const turn = this.#turn.then(async () => {
      // Started again together with another one meanwhile.
      if (slot.occupant === child) await this.#restartGroup(this.#groupOf(slot), slot, cause)
    })
    this.#turn = turn
    await turn
  }

  #groupOf(slot: ActorSlot): ActorSlot[] {
    // One that is on its way up for the first time is still the business of whoever starts it.
    const all = [...this.#slots].filter((each) => each.established)
    return this.#supervision.strategy === 'one-for-all' ? all : all.slice(all.indexOf(slot))
  }

  /** Ends those of the group that live, the last first, and starts all of them again, the first first. */
  async #restartGroup(group: readonly ActorSlot[], failed: ActorSlot, cause: unknown): Promise<void> {
    for (const slot of [...group].reverse()) await slot.evict()?.end(`actor '${failed.name}' is started again`)
    for (let error = cause; ; ) {
      try {
        this.scope.throwIfCancelled()
        const missing = this.#missingOf(group)
        if (missing.length === 0) return
        const delayMs = this.#supervision.budget.take(steadyMs())
        if (delayMs === undefined) return this.#giveUp(group, failed, error)
        await this.#backOff(missing, delayMs)
        for (const slot of missing) {
          if (!slot.stopped) await this.#startAgain(slot)
        }
      } catch (thrown) {
        if (this.scope.reason !== undefined) {
          // That they had ended was seen to: whoever cancels now, or by a limit of time, is not to hear of it.
          for (const slot of group) if (!slot.isThere) this.#remove(slot, undefined)
          return
        }
        error = thrown
      }
    }
  }

  /** Waits before a restart, as long as one of them is still wanted. */
  async #backOff(slots: readonly ActorSlot[], delayMs: number): Promise<void> {
    const backOff = { slots, scope: new Scope(this.#runtime, this.scope) }
    this.#backOffs.add(backOff)
    try {
      await runInScope(backOff.scope, () => sleep(delayMs))
    } catch (error) {
      this.scope.throwIfCancelled()
      if (error !== backOff.scope.reason) throw error
    } finally {
      this.#backOffs.delete(backOff)
      backOff.scope.close()
    }
  }

  /**
   * Those that are to be started. One that was cancelled meanwhile is not; nor one that is up again and has ended since:
   * that is another failure, with a turn of its own.
   */
  #missingOf(group: readonly ActorSlot[]): ActorSlot[] {
    const absent = group.filter((slot) => slot.occupant === undefined && this.#slots.has(slot))
    for (const slot of absent) if (slot.stopped) this.#remove(slot, undefined)
    return absent.filter((slot) => !slot.stopped)
  }

  async #startAgain(slot: ActorSlot): Promise<void> {
    const previous = slot.actor
    const restartCount = slot.restartCount + 1
    const child = await runInScope(this.scope, () =>
      this.#start(slot, (actor, startedMs) => startActivity({ kind: 'restart', actor, restartCount, startedMs })),
    )
    slot.restartCount = restartCount
    this.#runtime.restarts.add(stageOf(slot.name))
    this.events.emit({ kind: 'restarted', actor: child.id, previous, atMs: Date.now(), restartCount })
    this.#runtime.note({ kind: 'restarted', actor: child.id, parent: this.#runtime.self, previous, restartCount })
  }

  #giveUp(group: readonly ActorSlot[], failed: ActorSlot, cause: unknown): void {
    const { maxRestarts, withinMs } = this.#supervision.budget
    const why = `it ended again and again: more than ${maxRestarts} restarts within ${withinMs} ms`
    const error = cause === undefined ? new UsageError(`actor '${failed.name}': ${why}`) : asError(cause)
    this.#report(`is given up: ${why}`, failed)
    this.events.emit({ kind: 'escalated', actor: failed.actor, atMs: Date.now(), error })
    for (const slot of group) if (!slot.isThere) this.#remove(slot, error)
    this.#fail(error)
  }

  #report(what: string, slot: ActorSlot): void {
    this.#runtime.logAbout({ ...slot.actor, pipeline: slot.launched?.pipeline }).warn(what)
  }

  /** Its owner ends an actor for good. */
  async end(slot: ActorSlot, reason: string): Promise<void> {
    slot.cancelled = true
    await this.#stop(slot, reason)
  }

  async #stop(slot: ActorSlot, reason: string): Promise<void> {
    slot.stopped = true
    // Between two that fill the place: whoever waits for the next one waits in vain.
    if (slot.occupant === undefined) this.#remove(slot, undefined)
    for (const { slots, scope } of this.#backOffs) {
      if (slots.every((each) => each.stopped)) scope.cancel(new ContextCancelledError(this.#runtime.self, reason))
    }
    await slot.launched?.end(reason)
  }

  runOnce<T>(slot: ActorSlot, call: () => Promise<T>): Promise<T> {
    const outcome = runInScope(this.scope, () => this.#callUntilDone(slot, call))
    this.#add(async () => {
      try {
        await outcome
      } catch (error) {
        const { strategy } = this.#supervision
        // Ended by its owner, it has not failed.
        if (slot.cancelled && isLoss(error)) return
        if (strategy === 'one-cancels-all' || this.scope.reason !== undefined) this.#fail(error)
      }
    })
    return outcome
  }

  async #callUntilDone<T>(slot: ActorSlot, call: () => Promise<T>): Promise<T> {
    for (;;) {
      const child = slot.occupant
      try {
        const value = await call()
        void this.#stop(slot, 'its function has ended')
        return value
      } catch (error) {
        const over = this.scope.reason !== undefined || (slot.cancelled && isLoss(error))
        if (!over && child !== undefined) slot.noteFailure(child, error)
        if (over || this.#supervision.restart === 'never' || slot.stopped || child === undefined) {
          void this.#stop(slot, 'its function has failed')
          throw error
        }
        await child.end('its function has failed')
        await interruptible(slot.whenThere())
      }
    }
  }

  startTask<T>(task: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    // Each task has an item of its own in hand.
    const scope = new Scope(this.#runtime, this.scope)
    const end = (error?: unknown) => {
      endItem(scope, error)
      scope.close()
    }
    const outcome = runInScope(scope, task)
    this.#add(async () => {
      try {
        await outcome
        end()
      } catch (error) {
        end(error)
        this.#fail(error)
      }
    })
    return outcome
  }

  cancel(reason: string): void {
    if (this.scope.reason === undefined) this.#cancelledHere = true
    this.scope.cancel(new ContextCancelledError(this.#runtime.self, reason))
  }

  #add(member: () => Promise<void>): void {
    const joined = member().finally(() => this.#members.delete(joined))
    this.#members.add(joined)
  }

  #fail(error: unknown): void {
    // How a wait inside ends when the nursery is cancelled is no failure of its own.
    if (isConsequenceOf(error, this.scope.reason)) return
    this.#errors.push(error)
    if (this.scope.reason !== undefined) return
    this.#cancelledHere = true
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    this.scope.cancel(
      new ContextCancelledError(this.#runtime.self, `another member failed with ${why}`, { cause: error }),
    )
  }

  #checkOpen(): void {
    this.scope.throwIfCancelled()
    if (this.#closed) throw new UsageError('the nursery has ended: nothing more can be started in it')
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/**
 * Opens a nursery for the time of `body`: the scope that owns the actors and tasks started in it. It is left only when
 * all of them have ended, whatever happens. If one fails, or the body does, the rest is cancelled and the original error
 * is thrown (an `AggregateError` if several failed by themselves); a daemon actor that nobody cancels keeps it open.
 * `strategy` and `restart` have it start failed actors again instead.
 */
export function openNursery<T>(body: (nursery: Nursery) => Promise<T> | T, options: NurseryOptions = {}): Promise<T> {
  refuseWhileImporting('openNursery')
  const runtime = currentRuntime()
  const outer = ambientScope() ?? runtime.scope
  outer.throwIfCancelled()
  const { strategy: _s, restart: _r, maxRestarts: _m, withinMs: _w, backoff: _b, ...spawn } = options
  return new NurseryCore(runtime, outer, options).run((nursery) =>
    body(Object.keys(spawn).length > 0 ? nursery.with(spawn) : nursery),
  )
}
