import { type ActorRuntime, currentRuntime, refuseWhileImporting } from './actor-runtime.ts'
import { ChildActor, type SpawnOptions } from './child-actor.ts'
import type { CallArgs, Definition, Functions, RunName, RunResult } from './definition.ts'
import { ChannelBrokenError, ContextCancelledError, UsageError } from './errors.ts'
import { isConsequenceOf, joinErrors } from './joined-errors.ts'
import { Portal } from './portal.ts'
import { ambientScope, interruptible, reasonText, runInScope, Scope } from './scope.ts'

/** The handle on an actor that runs one function and ends with it. */
export class ResultPortal<F extends Functions, Result> extends Portal<F> {
  readonly #result: Promise<Result>

  constructor(child: ChildActor, result: Promise<Result>) {
    super(child.address, {}, (reason) => child.end(reason))
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
   * Starts an actor that lives until it is cancelled. Resolves when it is ready for calls; throws `SpawnError`. If it
   * ends unasked, the nursery fails with `ActorExitError`.
   */
  async startActor<F extends Functions>(
    name: string,
    definition: Definition<F>,
    options: SpawnOptions = {},
  ): Promise<Portal<F>> {
    const child = await this.#core.spawn(name, definition, { ...this.#options, ...options })
    return new Portal<F>(child.address, {}, (reason) => child.end(reason))
  }

  /** Starts an actor that runs one function and then ends. Resolves once it runs; its failure is the nursery's. */
  async runInActor<F extends Functions, K extends RunName<F>>(
    name: string,
    definition: Definition<F>,
    functionName: K,
    ...args: CallArgs<F[K]>
  ): Promise<ResultPortal<F, RunResult<F[K]>>> {
    const child = await this.#core.spawn(name, definition, this.#options)
    const portal = new Portal<F>(child.address)
    const result = this.#core.runOnce(child, () => portal.run(functionName, ...args))
    return new ResultPortal(child, result)
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
}

class NurseryCore {
  readonly scope: Scope
  readonly #runtime: ActorRuntime
  readonly #outer: Scope | undefined
  readonly #children = new Set<ChildActor>()
  readonly #members = new Set<Promise<void>>()
  readonly #errors: unknown[] = []
  #cancelledHere = false
  #closed = false

  constructor(runtime: ActorRuntime, outer: Scope | undefined) {
    this.#runtime = runtime
    this.#outer = outer
    this.scope = new Scope(runtime, outer)
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
    while (this.#members.size > 0) await Promise.all(this.#members)
    this.#closed = true
    this.scope.close()
    if (this.#errors.length > 0) throw joinErrors(this.#errors)
    // Cancelled from outside: whoever did it waits for its own reason to come back.
    if (!this.#cancelledHere) this.#outer?.throwIfCancelled()
    return value as T
  }

  async spawn<F extends Functions>(
    name: string,
    definition: Definition<F>,
    options: SpawnOptions,
  ): Promise<ChildActor> {
    this.#checkOpen()
    if (options.spawn !== undefined && options.spawn !== 'process') {
      throw new UsageError(`spawn: '${String(options.spawn)}' is not there yet: only 'process' is`)
    }
    const child = new ChildActor(this.#runtime, name, options)
    this.#children.add(child)
    const booting = child.boot(definition, options.state ?? {})
    // Until it is up, its failure is the business of whoever starts it, and not of the nursery.
    this.#join(
      booting.then(
        () => child.unexpectedEnd(),
        async () => void (await child.end('it did not start')),
      ),
      child,
    )
    try {
      // The caller may be in a scope of its own, narrower than the nursery's.
      await interruptible(interruptible(booting, this.scope))
    } catch (error) {
      await child.end('its start was cancelled')
      throw error
    }
    return child
  }

  #join(ended: Promise<Error | undefined>, child: ChildActor): void {
    this.#add(async () => {
      const error = await ended
      this.#children.delete(child)
      if (error !== undefined) this.#fail(error)
    })
  }

  runOnce<T>(child: ChildActor, call: () => Promise<T>): Promise<T> {
    const outcome = this.startTask(async () => {
      try {
        return await call()
      } catch (error) {
        // The process ended under the call: how it ended says more, and is what fails the nursery.
        if (!(error instanceof ChannelBrokenError)) throw error
        throw (await child.unexpectedEnd()) ?? error
      } finally {
        void child.end('its function has ended')
      }
    })
    // Its failure is the nursery's: that nobody asks for the result is no second one.
    outcome.catch(() => undefined)
    return outcome
  }

  startTask<T>(task: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    const outcome = runInScope(this.scope, task)
    this.#add(async () => {
      try {
        await outcome
      } catch (error) {
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

/**
 * Opens a nursery for the time of `body`: the scope that owns the actors and tasks started in it. It is left only when
 * all of them have ended, whatever happens. If one fails, or the body does, the rest is cancelled and the original error
 * is thrown (an `AggregateError` if several failed by themselves); a daemon actor that nobody cancels keeps it open.
 */
export function openNursery<T>(body: (nursery: Nursery) => Promise<T> | T, options: SpawnOptions = {}): Promise<T> {
  refuseWhileImporting('openNursery')
  const runtime = currentRuntime()
  const outer = ambientScope() ?? runtime.scope
  outer.throwIfCancelled()
  return new NurseryCore(runtime, outer).run((nursery) =>
    body(Object.keys(options).length > 0 ? nursery.with(options) : nursery),
  )
}
