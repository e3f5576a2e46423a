import type { ActorAddress, ActorRuntime } from './actor-runtime.ts'
import type { Channel } from './channel.ts'
import { type ActorId, DeadlineExceededError } from './errors.ts'
import { type CallKind, Kind, type StartFrame } from './frame.ts'
import { ambientScope, Scope } from './scope.ts'
import { readyToSend, weigh } from './weigh.ts'

/** How calls through a portal are made; `portal.with(...)` sets them. */
export interface CallOptions {
  /** Cancels the call, and with it what runs for it in the other actor. */
  readonly signal?: AbortSignal
  /** The most the call may take, in milliseconds; a stream's from its first item asked for to its last. */
  readonly timeoutMs?: number
  /** The most items of a stream that may be on their way or waiting here. */
  readonly windowCount?: number
  /** The same in bytes. */
  readonly windowBytes?: number
  /** Sent along with the call, for interceptors. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Who is called, and what. */
export interface Target extends ActorAddress {
  readonly service: string
  readonly options: CallOptions
}

/** The `start` frame of a call. Throws `NotEncodableError` if an argument cannot travel. */
export function startFrame(
  runtime: ActorRuntime,
  target: Target,
  call: { kind: CallKind; id: number; functionName: string; args: readonly unknown[]; scope: Scope | undefined },
): StartFrame {
  const args = readyToSend([...call.args], weigh(call.args)) as unknown[]
  const deadlineAt = call.scope?.deadlineAt ?? Infinity
  const deadlineMs = deadlineAt === Infinity ? 0 : Math.max(1, Math.ceil(deadlineAt - performance.now()))
  const { windowCount = runtime.window.count, windowBytes = runtime.window.bytes, headers } = target.options
  const { service } = target
  const frame: StartFrame = [
    Kind.start,
    call.id,
    call.kind,
    service,
    call.functionName,
    args,
    windowCount,
    windowBytes,
    deadlineMs,
  ]
  if (headers !== undefined) frame.push({ ...headers })
  return frame
}

/** Asks the callee to cancel. */
export function postCancel(channel: Channel, id: number, self: ActorId, reason: Error): void {
  channel.post([Kind.cancel, id, self, reason.message])
}

/** The scope of one call, if its options make it differ from the ambient one. Whoever made it closes it. */
export interface CallScope {
  readonly scope: Scope | undefined
  close(): void
}

const noop = (): void => undefined

export function openCallScope(runtime: ActorRuntime, options: CallOptions): CallScope {
  const ambient = ambientScope()
  const { signal, timeoutMs } = options
  if (signal === undefined && timeoutMs === undefined) return { scope: ambient, close: noop }
  const deadline = timeoutMs === undefined ? {} : { deadlineAt: performance.now() + timeoutMs }
  const scope = new Scope(runtime, ambient, deadline)
  const onAbort = () =>
    scope.cancel(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)))
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => scope.cancel(new DeadlineExceededError(timeoutMs)), timeoutMs)
  return {
    scope,
    close() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      scope.close()
    },
  }
}
