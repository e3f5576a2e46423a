import type { ActorRuntime } from './actor-runtime.ts'
import {
  type CallScope,
  followCall,
  openCallScope,
  postCancel,
  postStart,
  reach,
  settleDeadline,
  type Target,
} from './call.ts'
import type { Channel, ContextEnd } from './channel.ts'
import type { ContextStatus } from './context-status.ts'
import { DuplexStream } from './duplex-stream.ts'
import { ContextCancelledError, ProtocolError, StreamOverrunError } from './errors.ts'
import { CallKind, type ContextFrame, Kind } from './frame.ts'
import type { Followed, Outcome } from './interceptor.ts'
import { MessageReceiver, type ReceiverInlet } from './message-receiver.ts'
import { MessageSender } from './message-sender.ts'
import type { OpenContext } from './open-context.ts'
import { unpackError } from './remote-error.ts'
import { ambientScope, interruptible, isLoss } from './scope.ts'

/** Opens a context; resolves when the callee calls `started`. */
export async function callForContext(
  runtime: ActorRuntime,
  target: Target,
  functionName: string,
  args: readonly unknown[],
): Promise<OpenContext<unknown, unknown, unknown, unknown>> {
  const callScope = openCallScope(runtime, target.options)
  const followed = followCall(runtime, target, 'context', functionName)
  let call: ContextCall
  try {
    callScope.scope?.throwIfCancelled()
    const channel = await interruptible(Promise.resolve(reach(runtime, target)), callScope.scope)
    if (channel.gone !== undefined) throw channel.gone
    call = new ContextCall(runtime, target, functionName, channel, callScope, followed)
    call.start(args)
  } catch (error) {
    callScope.close()
    followed?.ended({ error })
    throw error
  }
  try {
    await interruptible(call.started)
  } catch (error) {
    await call.abandon()
    throw error
  }
  return call
}

class ContextCall implements ContextEnd, OpenContext<unknown, unknown, unknown, unknown> {
  readonly stream: DuplexStream<unknown, unknown>
  value: unknown = undefined
  readonly #runtime: ActorRuntime
  readonly #target: Target
  readonly #functionName: string
  readonly #channel: Channel
  readonly #receiver: MessageReceiver<unknown>
  readonly #sender: MessageSender
  readonly #callScope: CallScope
  readonly #followed: Followed | undefined
  #id = 0
  readonly #started = Promise.withResolvers<void>()
  readonly #result = Promise.withResolvers<unknown>()
  #failure: Error | undefined
  #failureSeen = false
  // These two for a dump.
  #hasStarted = false
  #resultIsAwaited = false
  #terminated = false
  #cancelRequested = false
  readonly #onCancel: (reason: Error) => void = (reason) => this.#requestCancel(reason)

  constructor(
    runtime: ActorRuntime,
    target: Target,
    functionName: string,
    channel: Channel,
    callScope: CallScope,
    followed: Followed | undefined,
  ) {
    this.#followed = followed
    this.#runtime = runtime
    this.#target = target
    this.#functionName = functionName
    this.#channel = channel
    this.#callScope = callScope
    this.#result.promise.catch(() => undefined)
    this.#started.promise.catch(() => undefined)
    this.#id = channel.attach(this)
    const inlet: ReceiverInlet = {
      grant: (count, bytes, when) => channel.grant(this.#id, count, bytes, when),
      interrupted: () => Promise.resolve(),
    }
    const { windowCount = runtime.window.count, windowBytes = runtime.window.bytes } = target.options
    const { actor } = target.location
    const inward = { from: actor, to: runtime.self, functionName }
    const outward = { from: runtime.self, to: actor, functionName }
    const window = { count: windowCount, bytes: windowBytes }
    this.#receiver = new MessageReceiver(inlet, window, inward, runtime.interceptor)
    this.#sender = new MessageSender(channel, this.#id, outward, runtime.interceptor)
    this.stream = new DuplexStream<unknown, unknown>(this.#receiver, () => this.#sender, {
      leave: async () => this.#receiver.leave(),
      stop: async () => this.#sender.end([Kind.stop, this.#id]),
    })
  }

  get started(): Promise<void> {
    return this.#started.promise
  }

  start(args: readonly unknown[]): void {
    const { scope } = this.#callScope
    try {
      postStart(this.#channel, this.#runtime, this.#target, {
        kind: CallKind.context,
        id: this.#id,
        functionName: this.#functionName,
        args,
        scope,
        followed: this.#followed,
      })
    } catch (error) {
      this.#channel.detach(this.#id)
      this.#end(error as Error)
      throw error
    }
    scope?.onCancel(this.#onCancel)
  }

  receive(frame: ContextFrame): void {
    switch (frame[0]) {
      case Kind.started:
        this.value = frame[2]
        this.#hasStarted = true
        this.#followed?.event('started')
        return this.#started.resolve()
      case Kind.credit:
        return this.#sender.grant(frame[2], frame[3])
      case Kind.yield:
        if (!this.#receiver.push(frame[2], frame[3], frame[4])) {
          const overrun = new StreamOverrunError(`${frame[2].length} items of '${this.#functionName}'`)
          this.#receiver.discard(overrun)
          this.#requestCancel(overrun)
        }
        return
      case Kind.stop:
        return this.#receiver.finish(undefined)
      case Kind.return:
        this.#result.resolve(frame[2])
        return this.#end(undefined)
      case Kind.error:
        return settleDeadline(unpackError(frame[2]), this.#callScope.scope, (error) => this.#end(error))
      default:
      // Marks have no reader yet; `start` and `cancel` are not a callee's to send.
    }
  }

  broken(error: Error): void {
    this.#end(error)
  }

  describe(): ContextStatus {
    return {
      functionName: this.#functionName,
      side: 'caller',
      ...this.#flows,
      waitsFor: this.#waitsFor(),
    }
  }

  get #flows(): Required<Pick<ContextStatus, 'service' | 'sent' | 'received'>> {
    return { service: this.#target.service, sent: this.#sender.status, received: this.#receiver.status }
  }

  #waitsFor(): string {
    if (this.#cancelRequested) return 'the end of the cancelled task'
    if (!this.#hasStarted) return 'its callee to call started()'
    const halves = this.#sender.waitsFor ?? this.#receiver.waitsFor
    if (halves !== undefined) return halves
    return this.#resultIsAwaited ? 'the result' : 'its holder to send, receive or leave'
  }

  #end(ending: Error | undefined): void {
    if (this.#terminated) return
    this.#terminated = true
    const peer = this.#channel.peer.name
    this.#runtime.traffic.add({ ...this.#flows, functionName: this.#functionName, peer })
    // Cancelled by its own signal or limit: that is the reason, and not how it came back.
    const error = isLoss(ending) ? (this.#callScope.scope?.reason ?? ending) : ending
    this.#failure = error
    this.#callScope.scope?.offCancel(this.#onCancel)
    this.#callScope.close()
    this.#channel.detach(this.#id)
    this.#sender.fail(error ?? new ContextCancelledError(this.#channel.peer, 'its callee has returned'))
    this.#receiver.finish(error)
    // A no-op once it has started. An actor of ours says so with an error; another peer may not.
    this.#started.reject(error ?? new ProtocolError(`'${this.#functionName}' returned before it had started`))
    if (error !== undefined) this.#result.reject(error)
    this.#followed?.ended(this.#outcome(error))
  }

  #outcome(error: Error | undefined): Outcome {
    const items = { itemsIn: this.#receiver.receivedCount, itemsOut: this.#sender.sentCount }
    if (error === undefined) return items
    return this.#cancelRequested && isLoss(error) ? { ...items, cancelled: true } : { ...items, error }
  }

  #requestCancel(reason: Error): void {
    if (this.#terminated || this.#cancelRequested) return
    this.#cancelRequested = true
    postCancel(this.#channel, this.#id, this.#runtime.self, reason)
  }

  async result(): Promise<unknown> {
    this.#resultIsAwaited = true
    try {
      return await interruptible(this.#result.promise)
    } catch (error) {
      if (error === this.#failure) this.#failureSeen = true
      throw error
    } finally {
      this.#resultIsAwaited = false
    }
  }

  async cancel(reason = 'cancelled by its caller'): Promise<void> {
    this.#requestCancel(new ContextCancelledError(this.#runtime.self, reason))
    await this.#result.promise.catch(() => undefined)
  }

  /** Opening failed, or was interrupted: nothing of the context may be left behind. */
  async abandon(): Promise<void> {
    if (this.#terminated) return
    await this.cancel('its caller was cancelled while it opened the context')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = !this.#terminated
    this.#receiver.leave()
    if (running) {
      this.#requestCancel(new ContextCancelledError(this.#runtime.self, 'its caller left the context'))
      // Leaving is not interrupted: a context that is left has ended.
      await this.#result.promise.catch(() => undefined)
    }
    const failure = this.#failure
    if (failure === undefined || this.#failureSeen || this.#receiver.errorSeen || this.#sender.errorSeen) return
    const cancelledByUs = failure instanceof ContextCancelledError && failure.canceller.id === this.#runtime.self.id
    // Whoever leaves because it is cancelled itself has its reason already.
    const reason = ambientScope()?.reason
    const leftTogether = reason !== undefined && (failure === reason || isLoss(failure))
    if (!cancelledByUs && !leftTogether) throw failure
  }
}
