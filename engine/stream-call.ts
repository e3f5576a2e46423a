import type { ActorRuntime } from './actor-runtime.ts'
import { type CallScope, openCallScope, postCancel, postStart, settleDeadline, type Target } from './call.ts'
import type { Channel, ContextEnd } from './channel.ts'
import { DuplexStream } from './duplex-stream.ts'
import { FlowError, StreamClosedError, StreamOverrunError } from './errors.ts'
import { CallKind, type ContextFrame, Kind } from './frame.ts'
import { MessageReceiver } from './message-receiver.ts'
import type { MessageStream } from './message-stream.ts'
import { unpackError } from './remote-error.ts'

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

class StreamCall implements ContextEnd {
  readonly stream: DuplexStream<unknown, never>
  readonly #runtime: ActorRuntime
  readonly #target: Target
  readonly #functionName: string
  readonly #args: readonly unknown[]
  readonly #receiver: MessageReceiver<unknown>
  #callScope: CallScope | undefined
  #channel: Channel | undefined
  #id = 0
  #opening: Promise<void> | undefined
  #opened = false
  #leaving: Promise<void> | undefined
  // How the callee ended, for whoever leaves: an error only if it was thrown while the producer unwound.
  readonly #terminal = Promise.withResolvers<Error | undefined>()
  #terminated = false
  // Why its consumer gets no more, though the producer has not ended yet.
  #expired: Error | undefined

  constructor(runtime: ActorRuntime, target: Target, functionName: string, args: readonly unknown[]) {
    this.#runtime = runtime
    this.#target = target
    this.#functionName = functionName
    this.#args = args
    const { windowCount = runtime.window.count, windowBytes = runtime.window.bytes } = target.options
    const inlet = {
      grant: (count: number, bytes: number) => this.#channel?.post([Kind.credit, this.#id, count, bytes]),
      interrupted: (reason: Error) => this.#leave(reason),
    }
    const hop = { from: target.actor, to: runtime.self, functionName }
    this.#receiver = new MessageReceiver(inlet, { count: windowCount, bytes: windowBytes }, hop, runtime.interceptor)
    this.stream = new DuplexStream<unknown, never>(
      this.#receiver,
      () => {
        throw new StreamClosedError(`'${functionName}' was called for its stream only: open a context to send to it`)
      },
      {
        open: () => (this.#opened ? undefined : this.#open()),
        leave: () => this.#leave(new StreamClosedError('its consumer left the stream')),
        stop: () => this.#leave(new StreamClosedError('its consumer closed the stream')),
      },
    )
  }

  #open(): Promise<void> | undefined {
    if (this.#opening !== undefined) return this.#opening
    const callScope = openCallScope(this.#runtime, this.#target.options)
    if (callScope.scope?.reason !== undefined) {
      callScope.close()
      return Promise.reject(callScope.scope.reason)
    }
    this.#callScope = callScope
    const channel = this.#runtime.findChannel(this.#target.actor.id)
    if (channel !== undefined) return this.#start(channel)
    this.#opening = this.#runtime.channelTo(this.#target).then(
      (opened) => this.#start(opened),
      (error: Error) => this.#end(error, undefined),
    )
    return this.#opening
  }

  #start(channel: Channel): undefined {
    this.#opened = true
    if (this.#leaving !== undefined) return this.#end(undefined, undefined)
    if (channel.gone !== undefined) return this.#end(channel.gone, undefined)
    const id = channel.attach(this)
    try {
      const call = {
        kind: CallKind.stream,
        id,
        functionName: this.#functionName,
        args: this.#args,
        scope: this.#callScope?.scope,
      }
      postStart(channel, this.#runtime, this.#target, call)
    } catch (error) {
      channel.detach(id)
      return this.#end(error as Error, undefined)
    }
    this.#channel = channel
    this.#id = id
    // A limit of this call's own; the ambient scope is obeyed where the consumer waits.
    if (this.#target.options.signal !== undefined || this.#target.options.timeoutMs !== undefined) {
      this.#callScope?.scope?.onCancel((reason) => this.#expire(reason))
    }
    return undefined
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
    this.#end(error, undefined)
  }

  #end(error: Error | undefined, unwinding: Error | undefined): undefined {
    if (this.#terminated) return
    this.#terminated = true
    this.#opened = true
    this.#channel?.detach(this.#id)
    this.#callScope?.close()
    this.#receiver.finish(unwinding ?? this.#expired ?? error)
    this.#terminal.resolve(unwinding)
  }

  /**
   * The call ran out of its own time, or was aborted: its consumer gets that reason instead of more items, once the
   * producer has ended.
   */
  #expire(reason: Error): void {
    if (this.#terminated) return
    this.#expired = reason
    if (this.#channel !== undefined) postCancel(this.#channel, this.#id, this.#runtime.self, reason)
    this.#receiver.drop()
  }

  /** Cancels the producer and waits until it has ended. Rejects with what it threw while it unwound, if it did. */
  #leave(reason: Error): Promise<void> {
    this.#leaving ??= this.#cancelAndJoin(reason)
    return this.#leaving
  }

  async #cancelAndJoin(reason: Error): Promise<void> {
    if (this.#terminated || (!this.#opened && this.#opening === undefined)) {
      this.#opened = true
      this.#receiver.discard()
      return
    }
    if (this.#channel !== undefined) postCancel(this.#channel, this.#id, this.#runtime.self, reason)
    this.#receiver.discard()
    const unwinding = await this.#terminal.promise
    if (unwinding !== undefined && !(FlowError.is(unwinding) && unwinding.code === 'FLOW_CONTEXT_CANCELLED'))
      throw unwinding
  }
}
