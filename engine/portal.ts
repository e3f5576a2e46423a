import type { ActorRuntime } from './actor-runtime.ts'
import { type ActorAddress, fixedLocation, type Location } from './address.ts'
import { type CallOptions, type CallSettings, callSettingsOf, type Target } from './call.ts'
import { callForContext } from './context-call.ts'
import { currentRuntime } from './current-actor.ts'
import type {
  CallArgs,
  ContextHandle,
  ContextName,
  Functions,
  RunName,
  RunResult,
  StreamItem,
  StreamName,
} from './definition.ts'
import { type ActorId, FlowError } from './errors.ts'
import type { MessageStream } from './message-stream.ts'
import { callForResult } from './run-call.ts'
import { interruptible } from './scope.ts'
import { callForStream } from './stream-call.ts'

/** Ends a child actor: asks it to, and sends signals if it does not. */
export type EndChild = (reason: string) => Promise<unknown>

/** The service under which every actor takes the engine's own requests. */
export const actorService = 'actor'

/**
 * A local handle on another actor. Names, arguments and results are those of its definition; arguments and results are
 * copied. It owns nothing: the actor belongs to its nursery.
 */
export class Portal<F extends Functions> {
  readonly #location: Location
  readonly #options: CallSettings
  readonly #end: EndChild | undefined
  readonly #service: string

  constructor(where: Location | ActorAddress, options: CallSettings = {}, end?: EndChild, service = '') {
    this.#location = 'addresses' in where ? fixedLocation(where) : where
    this.#options = options
    this.#end = end
    this.#service = service
  }

  /** Who is at the other end. For an actor that its nursery starts again, the one that is there now, or was last. */
  get actor(): ActorId {
    return this.#location.actor
  }

  /**
   * Calls a function and waits for its result. Rejects with `RemoteActorError` if it throws there, `NotExposedError`,
   * `ChannelBrokenError` if the actor vanished, or the ambient cancellation, which also cancels the remote task.
   */
  run<K extends RunName<F>>(name: K, ...args: CallArgs<F[K]>): Promise<RunResult<F[K]>> {
    return callForResult(currentRuntime(), this.#target(this.#service), name, args) as Promise<RunResult<F[K]>>
  }

  /**
   * Runs a generator or context function there and iterates what it yields, under backpressure. It starts at the first
   * `next()`; leaving the loop by any way cancels it and waits until its `finally` has run.
   */
  stream<K extends StreamName<F>>(name: K, ...args: CallArgs<F[K]>): MessageStream<StreamItem<F[K]>> {
    return callForStream(currentRuntime(), this.#target(this.#service), name, args) as MessageStream<StreamItem<F[K]>>
  }

  /** Opens a context with a context function; resolves when that calls `started`. */
  openContext<K extends ContextName<F>>(name: K, ...args: CallArgs<F[K]>): Promise<ContextHandle<F[K]>> {
    return callForContext(currentRuntime(), this.#target(this.#service), name, args) as Promise<unknown> as Promise<
      ContextHandle<F[K]>
    >
  }

  /** The same portal with other options for the calls made through it. */
  with(options: CallOptions): Portal<F> {
    const settings = callSettingsOf(options)
    return new Portal(this.#location, { ...this.#options, ...settings }, this.#end, this.#service)
  }

  /**
   * Asks the actor to end: its tasks are cancelled and their `finally` runs. Resolves when it has gone. A child of this
   * actor that does not end within its grace gets SIGTERM, and then SIGKILL.
   */
  async cancelActor(reason = 'cancelActor was called'): Promise<void> {
    if (this.#end !== undefined) {
      await interruptible(this.#end(reason))
      return
    }
    await this.#askToLeave('cancel', [currentRuntime().self, reason])
  }

  /**
   * Asks the actor to finish what it does and then to end: from now on nobody finds it by its name, and it refuses new
   * calls with `ActorDrainingError`. Resolves when it has gone; waits as long as its calls take.
   */
  drainActor(reason = 'it has drained'): Promise<void> {
    const drained = this.#askToLeave('drain', [currentRuntime().self, reason])
    // It is often awaited only later, when what the actor still does has been read.
    drained.catch(() => undefined)
    return drained
  }

  async #askToLeave(request: 'cancel' | 'drain', args: readonly unknown[]): Promise<void> {
    const runtime = currentRuntime()
    const { id } = this.actor
    try {
      await callForResult(runtime, this.#target(actorService), request, args)
    } catch (error) {
      // It has gone already, or went while it answered: that is what was asked for.
      if (!FlowError.is(error) || !isGone(error)) throw error
    }
    await goneFrom(runtime, id)
  }

  #target(service: string): Target {
    return { location: this.#location, service, options: this.#options }
  }
}

function isGone(error: FlowError): boolean {
  return (
    error.code === 'FLOW_CHANNEL_BROKEN' || error.code === 'FLOW_CHANNEL_CLOSED' || error.code === 'FLOW_ACTOR_EXIT'
  )
}

async function goneFrom(runtime: ActorRuntime, actorId: string): Promise<void> {
  const channel = runtime.channels.find(actorId)
  if (channel === undefined) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const id = channel.attach({ receive: () => undefined, broken: () => resolve() })
  try {
    await interruptible(promise)
  } finally {
    channel.detach(id)
  }
}

/** Calls one of an actor's own services, such as those for its supervisor. */
export function callService(
  runtime: ActorRuntime,
  address: ActorAddress,
  service: string,
  functionName: string,
  args: readonly unknown[],
  options: CallSettings = {},
): Promise<unknown> {
  return callForResult(runtime, { location: fixedLocation(address), service, options }, functionName, args)
}
