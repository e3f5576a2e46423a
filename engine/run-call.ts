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
import { ActorTooSlowError, DeadlineExceededError } from './errors.ts'
import { CallKind, type ContextFrame, Kind } from './frame.ts'
import type { Followed } from './interceptor.ts'
import { unpackError } from './remote-error.ts'
import { isLoss } from './scope.ts'

/**
 * Calls a function of another actor for its one result. If the caller's scope is cancelled, the remote task is cancelled
 * and waited for, and then the cancellation is thrown.
 */
export function callForResult(
  runtime: ActorRuntime,
  target: Target,
  functionName: string,
  args: readonly unknown[],
): Promise<unknown> {
  const callScope = openCallScope(runtime, target.options)
  if (callScope.scope?.reason !== undefined) {
    callScope.close()
    return Promise.reject(callScope.scope.reason)
  }
  const call = new RunCall(runtime, callScope, target, functionName)
  const channel = reach(runtime, target)
  if (channel instanceof Channel) call.start(channel, args)
  else {
    channel.then(
      (opened) => call.start(opened, args),
      (error: Error) => call.broken(error),
    )
  }
  return call.result
}

class RunCall implements ContextEnd {
  readonly result: Promise<unknown>
  readonly #runtime: ActorRuntime
  readonly #callScope: CallScope
  readonly #target: Target
  readonly #functionName: string
  readonly #followed: Followed | undefined
  #resolve: (value: unknown) => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #channel: Channel | undefined
  #id = 0
  #cancelled: Error | undefined
  readonly #onCancel: (reason: Error) => void = (reason) => {
    this.#cancelled = reason
    if (this.#channel !== undefined) postCancel(this.#channel, this.#id, this.#runtime.self, reason)
    // Nothing runs for it yet that would have to be waited for.
    else this.#fail(reason)
  }

  constructor(runtime: ActorRuntime, callScope: CallScope, target: Target, functionName: string) {
    this.#runtime = runtime
    this.#callScope = callScope
    this.#target = target
    this.#functionName = functionName
    this.#followed = followCall(runtime, target, 'run', functionName)
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    callScope.scope?.onCancel(this.#onCancel)
  }

  start(channel: Channel, args: readonly unknown[]): void {
    if (this.#cancelled !== undefined) return
    if (channel.gone !== undefined) return this.#fail(channel.gone)
    const id = channel.attach(this)
    try {
      postStart(channel, this.#runtime, this.#target, {
        kind: CallKind.run,
        id,
        functionName: this.#functionName,
        args,
        scope: this.#callScope.scope,
        followed: this.#followed,
      })
    } catch (error) {
      channel.detach(id)
      return this.#fail(error as Error)
    }
    this.#channel = channel
    this.#id = id
  }

  receive(frame: ContextFrame): void {
    if (frame[0] !== Kind.return && frame[0] !== Kind.error) return
    this.#channel?.detach(this.#id)
    if (frame[0] === Kind.return && this.#cancelled === undefined) {
      this.#close()
      this.#followed?.ended({})
      this.#resolve(frame[2])
    } else if (frame[0] === Kind.error) this.#take(unpackError(frame[2]), frame[2].unwinding === true)
    else this.#fail(this.#cancelled as Error)
  }

  // A caller that was cancelled gets its own reason back, but not in place of a failure that came before, or on the way out.
  #take(error: Error, unwinding: boolean): void {
    const follows = isLoss(error) || error instanceof DeadlineExceededError || error instanceof ActorTooSlowError
    if (this.#cancelled !== undefined && follows && !unwinding) this.#fail(this.#cancelled)
    else settleDeadline(error, this.#callScope.scope, (settled) => this.#fail(settled))
  }

  broken(error: Error): void {
    this.#fail(this.#cancelled ?? error)
  }

  describe(): ContextStatus {
    return {
      functionName: this.#functionName,
      service: this.#target.service,
      side: 'caller',
      waitsFor: this.#cancelled === undefined ? 'the result' : 'the end of the cancelled task',
    }
  }

  #fail(error: Error): void {
    this.#close()
    this.#followed?.ended(error === this.#cancelled ? { cancelled: true } : { error })
    this.#reject(error)
  }

  #close(): void {
    this.#callScope.scope?.offCancel(this.#onCancel)
    this.#callScope.close()
  }
}
