import type { ActorRuntime } from './actor-runtime.ts'
import type { Location } from './address.ts'
import type { Channel } from './channel.ts'
import { type ActorId, DeadlineExceededError, UsageError } from './errors.ts'
import { CallKind, Kind, type StartFrame } from './frame.ts'
import type { Call, Followed, Headers } from './interceptor.ts'
import { readyAlone } from './ready-to-send.ts'
import { ambientScope, cancelWith, reasonText, Scope } from './scope.ts'
import { steadyMs } from './steady-clock.ts'
import { Timer } from './timer.ts'

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
  /**
   * Sent along with the call, for interceptors: a `traceparent` in them is whose trace the call belongs to. Those of an HTTP
   * request will do: undefined is none, and a list is its first text.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Whether interceptors may follow the call; true by default. False for calls that only keep something else going. */
  readonly traced?: boolean
}

/** The same, with headers as they are sent. */
export interface CallSettings extends Omit<CallOptions, 'headers'> {
  readonly headers?: Headers
}

/** Throws `UsageError` for options with which no call could get anywhere. */
export function callSettingsOf({ headers, ...options }: CallOptions): CallSettings {
  checkCallOptions(options)
  return headers === undefined ? options : { ...options, headers: textsOf(headers) }
}

function textsOf(headers: NonNullable<CallOptions['headers']>): Headers {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const text = typeof value === 'object' ? value[0] : value
    if (text !== undefined) texts[name] = text
  }
  return texts
}

function checkCallOptions(options: CallSettings): void {
  for (const name of ['windowCount', 'windowBytes'] as const) {
    const size = options[name]
    if (size !== undefined && !(Number.isSafeInteger(size) && size > 0)) {
      throw new UsageError(`${name} must be a whole number from 1 up, not ${size}`)
    }
  }
  const { timeoutMs } = options
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new UsageError(`timeoutMs must be a number of milliseconds from 0 up, not ${timeoutMs}`)
  }
}

/** Who is called, and what. */
export interface Target {
  readonly location: Location
  readonly service: string
  readonly options: CallSettings
}

/** The channel to the target: at once if there is one, else when it is made. Rejects if the actor cannot be reached. */
export function reach(runtime: ActorRuntime, { location }: Target): Channel | Promise<Channel> {
  const { address } = location
  if (address === undefined) return location.whenThere().then((there) => runtime.channels.reach(there))
  return runtime.channels.find(address.actor.id) ?? runtime.channels.reach(address)
}

/** Shows a call that is about to be made to the interceptor, if there is one; the engine's own requests are not shown. */
export function followCall(
  runtime: ActorRuntime,
  { service, location, options }: Target,
  kind: Call['kind'],
  functionName: string,
): Followed | undefined {
  const { interceptor, self } = runtime
  if (interceptor?.callStarted === undefined || service !== '' || options.traced === false) return undefined
  return interceptor.callStarted({ kind, from: self, to: location.actor, functionName }, options.headers)
}

/** Sends the `start` of a call. Throws `NotEncodableError` or `FrameTooLargeError` if its arguments cannot travel. */
export function postStart(
  channel: Channel,
  runtime: ActorRuntime,
  target: Target,
  call: {
    kind: CallKind
    id: number
    functionName: string
    args: readonly unknown[]
    scope: Scope | undefined
    followed: Followed | undefined
  },
): void {
  const what = `the arguments of '${call.functionName}'`
  const { value: args, weight } = readyAlone(call.args, what, channel.maxItemBytes)
  const deadlineAt = call.scope?.deadlineAt ?? Infinity
  const deadlineMs = deadlineAt === Infinity ? 0 : Math.max(1, Math.ceil(deadlineAt - steadyMs()))
  const { windowCount = runtime.window.count, windowBytes = runtime.window.bytes } = target.options
  const headers = call.followed?.headers ?? target.options.headers
  const { service } = target
  // A single result needs no credit.
  const hasItems = call.kind !== CallKind.run
  const frame: StartFrame = [
    Kind.start,
    call.id,
    call.kind,
    service,
    call.functionName,
    args as unknown[],
    hasItems ? windowCount : 0,
    hasItems ? windowBytes : 0,
    deadlineMs,
  ]
  if (headers !== undefined) frame.push({ ...headers })
  channel.post(frame, weight)
}

/** Asks the callee to cancel. */
export function postCancel(channel: Channel, id: number, self: ActorId, reason: Error): void {
  channel.post([Kind.cancel, id, self, reasonText(reason)])
}

/** The scope of one call, if its options make it differ from the ambient one. Whoever made it closes it. */
export interface CallScope {
  readonly scope: Scope | undefined
  close(): void
}

const noop = (): void => undefined

export function openCallScope(runtime: ActorRuntime, options: CallSettings): CallScope {
  const ambient = ambientScope()
  const { signal, timeoutMs } = options
  if (signal === undefined && timeoutMs === undefined) return { scope: ambient, close: noop }
  const deadline = timeoutMs === undefined ? {} : { deadlineAt: steadyMs() + timeoutMs }
  const scope = new Scope(runtime, ambient, deadline)
  const letGo = signal === undefined ? noop : cancelWith(scope, signal)
  const timer =
    timeoutMs === undefined ? undefined : new Timer(timeoutMs, () => scope.cancel(new DeadlineExceededError(timeoutMs)))
  return {
    scope,
    close() {
      timer?.clear()
      letGo()
      scope.close()
    },
  }
}

// How long a deadline that struck in the callee may be ahead of the same deadline here.
const deadlineSlackMs = 1_000

/**
 * The deadline that travels with a call can strike there a moment before it does here. It is one deadline: the caller gets
 * the reason of its own scope.
 */
export function settleDeadline(error: Error, scope: Scope | undefined, settle: (error: Error) => void): void {
  if (!(error instanceof DeadlineExceededError) || scope === undefined || scope.deadlineAt === Infinity) {
    settle(error)
    return
  }
  const done = (reason: Error) => {
    clearTimeout(timer)
    scope.offCancel(done)
    settle(reason)
  }
  const timer = setTimeout(() => done(error), deadlineSlackMs)
  scope.onCancel(done)
}
