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
import { Channel, type ContextEnd } from './channel.ts'
import type { ContextStatus } from './context-status.ts'
import { DuplexStream } from './duplex-stream.ts'
import { FlowError, StreamClosedError, StreamOverrunError } from './errors.ts'
import { CallKind, type ContextFrame, Kind } from './frame.ts'
import type { Followed } from './interceptor.ts'
import { MessageReceiver, type ReceiverInlet } from './message-receiver.ts'
import type { MessageStream } from './message-stream.ts'
import { unpackError } from './remote-error.ts'
import { interruptible, isLoss } from './scope.ts'

/**
 * Runs a generator (or context function) of another actor and iterates what it yields. Like a generator's, its body
 * starts at the first `next()`. Leaving early, or being cancelled, cancels the producer and waits for its terminal frame.
 */
export function callForStream(
  runtime: ActorRuntime,
  target: Target,
  functionName: string,
  args: readonly unknown[],
): MessageStream<unknown> {
  return new StreamCall(runtime, target, functionName, args).stream
}

/** Nobody has asked for an item; the way to the actor is being made; its generator runs; it has ended. */
type State = 'idle' | 'reaching' | 'running' | 'ended'

class StreamCall implements ContextEnd {
  readonly stream: DuplexStream<unknown, never>
  readonly #runtime: ActorRuntime
  readonly #target: Target
  readonly #functionName: string
  readonly #args: readonly unknown[]
  readonly #receiver: MessageReceiver<unknown>
  #state: State = 'idle'
  #reached: Promise<void> | undefined
  #callScope: CallScope | undefined
  #followed: Followed | undefined
  #channel: Channel | undefined
  #id = 0
  #leaving: Promise<void> | undefined
  // How the callee ended, for whoever leaves: an error only if it was thrown while the producer unwound.
  readonly #terminal = Promise.withResolvers<Error | undefined>()
  // Why its consumer gets no more, though the producer has not ended yet.
  #expired: Error | undefined

  constructor(runtime: ActorRuntime, target: Target, functionName: string, args: readonly unknown[]) {
    this.#runtime = runtime
    this.#target = target
    this.#functionName = functionName
    this.#args = args
    const { windowCount = runtime.window.count, windowBytes = runtime.window.bytes } = target.options
    const inlet: ReceiverInlet = {
      grant: (count, bytes, when) => this.#channel?.grant(this.#id, count, bytes, when),
      interrupted: (reason: Error) => this.#leaveInterrupted(reason),
    }
    const hop = { from: target.location.actor, to: runtime.self, functionName }
    this.#receiver = new MessageReceiver(inlet, { count: windowCount, bytes: windowBytes }, hop, runtime.interceptor)
    this.stream = new DuplexStream<unknown, never>(
      this.#receiver,
      () => {
        throw new StreamClosedError(`'${functionName}' was called for its stream only: open a context to send to it`)
      },
      {
        open: () => (this.#state === 'running' ? undefined : this.#open()),
        leave: () => this.#leave(new StreamClosedError('its consumer left the stream')),
        stop: () => this.#leave(new StreamClosedError('its consumer closed the stream')),
      },
    )
  }

  #open(): Promise<void> | undefined {
    if (this.#state === 'idle') this.#begin()
    return this.#state === 'reaching' ? this.#waitUntilReached() : undefined
  }

  #begin(): void {
    const callScope = openCallScope(this.#runtime, this.#target.options)
    this.#callScope = callScope
    this.#followed = followCall(this.#runtime, this.#target, 'stream', this.#functionName)
    if (callScope.scope?.reason !== undefined) return this.#end(callScope.scope.reason, undefined)
    // A limit of this call's own; the ambient scope is obeyed where the consumer waits.
    if (this.#target.options.signal !== undefined || this.#target.options.timeoutMs !== undefined) {
      callScope.scope?.onCancel((reason) => this.#expire(reason))
    }
    const channel = reach(this.#runtime, this.#target)
    if (channel instanceof Channel) return this.#start(channel)
    this.#state = 'reaching'
    this.#reached = channel.then(
      (opened) => this.#start(opened),
      (error: Error) => this.#end(error, undefined),
    )
  }

  async #waitUntilReached(): Promise<void> {
    try {
      await interruptible(Promise.race([this.#reached, this.#terminal.promise]))
    } catch (reason) {
      await this.#leaveInterrupted(reason as Error)
      throw reason
    }
  }

  #start(channel: Channel): void {
    if (this.#state === 'ended') return
    if (channel.gone !== undefined) return this.#end(channel.gone, undefined)
    const id = channel.attach(this)
    try {
      const call = {
        kind: CallKind.stream,
        id,
        functionName: this.#functionName,
        args: this.#args,
        scope: this.#callScope?.scope,
        followed: this.#followed,
      }
      postStart(channel, this.#runtime, this.#target, call)
    } catch (error) {
      channel.detach(id)
      return this.#end(error as Error, undefined)
    }
    this.#state = 'running'
    this.#channel = channel
    this.#id = id
  }

  receive(frame: ContextFrame): void {
    switch (frame[0]) {
      case Kind.yield:
        if (!this.#receiver.push(frame[2], frame[3], frame[4])) {
          const overrun = new StreamOverrunError(`${frame[2].length} items of '${this.#functionName}'`)
          // Not waited for: a peer that breaks the rules may not end either.
          this.#expire(overrun)
          this.#receiver.discard(overrun)
        }
        return
      case Kind.return:
        return this.#end(undefined, undefined)
      case Kind.error: {
        const unwinding = frame[2].unwinding === true
        settleDeadline(unpackError(frame[2]), this.#callScope?.scope, (error) => {
          this.#end(error, unwinding ? error : undefined)
        })
        return
      }
      default:
      // `started` has no taker in a stream, and marks have none yet.
    }
  }

  broken(error: Error): void {
    // Whoever leaves waits to hear that the producer has ended, and now never will.
    this.#end(error, this.#leaving === undefined ? undefined : error)
  }

  describe(): ContextStatus {
    const cancelled = this.#leaving !== undefined || this.#expired !== undefined
    return {
      functionName: this.#functionName,
      service: this.#target.service,
      side: 'caller',
      received: this.#receiver.status,
      waitsFor: cancelled
        ? 'the end of the cancelled producer'
        : (this.#receiver.waitsFor ?? 'its consumer to ask for the next item'),
    }
  }

  #end(error: Error | undefined, unwinding: Error | undefined): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    const { service } = this.#target
    const peer = this.#channel?.peer.name
    const { status: received } = this.#receiver
    if (peer !== undefined) this.#runtime.traffic.add({ service, functionName: this.#functionName, peer, received })
    this.#channel?.detach(this.#id)
    this.#callScope?.close()
    this.#tellOutcome(unwinding ?? this.#expired ?? error)
    this.#receiver.finish(unwinding ?? this.#expired ?? error)
    this.#terminal.resolve(unwinding)
  }

  #tellOutcome(error: Error | undefined): void {
    const itemsIn = this.#receiver.receivedCount
    const left = this.#leaving !== undefined && isLoss(error)
    this.#followed?.ended(left ? { itemsIn, cancelled: true } : { itemsIn, error })
  }

  /**
   * The call ran out of its own time, or was aborted: its consumer gets that reason instead of more items, once the
   * producer has ended.
   */
  #expire(reason: Error): void {
    if (this.#state === 'ended') return
    this.#expired = reason
    this.#receiver.drop()
    this.#cancelProducer(reason)
  }

  #cancelProducer(reason: Error): void {
    if (this.#channel !== undefined) postCancel(this.#channel, this.#id, this.#runtime.self, reason)
    // It has not begun, and will not.
    else this.#end(reason, undefined)
  }

  /** The same for a consumer that is cancelled itself: that it is, says more than that its producer has gone. */
  async #leaveInterrupted(reason: Error): Promise<void> {
    try {
      await this.#leave(reason)
    } catch (error) {
      if (!isLoss(error)) throw error
    }
  }

  /** Cancels the producer and waits until it has ended. Rejects with what it threw while it unwound, if it did. */
  #leave(reason: Error): Promise<void> {
    this.#leaving ??= this.#cancelAndJoin(reason)
    return this.#leaving
  }

  async #cancelAndJoin(reason: Error): Promise<void> {
    const idle = this.#state === 'idle'
    if (this.#state !== 'ended') this.#cancelProducer(reason)
    this.#receiver.discard()
    if (idle) return
    const unwinding = await this.#terminal.promise
    if (unwinding !== undefined && !(FlowError.is(unwinding) && unwinding.code === 'FLOW_CONTEXT_CANCELLED'))
      throw unwinding
  }
}
