import type { ActorId } from './errors.ts'
import type { MessageStream } from './message-stream.ts'

const contextKind = 'actorflow.context'

/**
 * The callee's side of a context: what a function made with `context(...)` gets as its first argument. `Send` is what it
 * sends, `Receive` what its caller sends, `Started` the value that opening the context resolves with.
 */
export interface Context<Send = unknown, Receive = never, Started = undefined> {
  /** Who called. */
  readonly caller: ActorId
  /** Aborts when the context is cancelled, from either side or by a deadline. */
  readonly signal: AbortSignal
  /** Both directions of the stream. Leaving a `for await` over it early does not end the context. */
  readonly stream: MessageStream<Receive, Send>
  /** Completes the caller's `openContext`. To be called once, and before anything is sent to such a caller. */
  started(...value: undefined extends Started ? [value?: Started] : [value: Started]): Promise<void>
  /** Sends an item; waits while the caller grants no more. The same as `stream.send`. */
  sendYield(item: Send): Promise<void>
  /** Cancels the context from this side: the caller gets `ContextCancelledError`. */
  cancel(reason?: string): void
}

/** The types of a context function, as one bundle. */
export interface ContextTypes<Send, Receive, Started, Args extends unknown[], Result> {
  readonly send: Send
  readonly receive: Receive
  readonly started: Started
  readonly args: Args
  readonly result: Result
}

/** A function that speaks through a `Context`; made with `context(fn)`. */
export interface ContextFunction<Send, Receive, Started, Args extends unknown[], Result> {
  (context: Context<Send, Receive, Started>, ...args: Args): Result | Promise<Result>
  readonly kind: typeof contextKind
  /** For the compiler only: never there at run time. */
  readonly types?: ContextTypes<Send, Receive, Started, Args, Result>
}

/**
 * Marks a function as a context function. It stays an ordinary function, which a test can call with a context of its own.
 */
export function context<F extends TakesContext>(fn: F): ContextFunctionOf<F> {
  const marked = (...args: unknown[]): unknown => Reflect.apply(fn, undefined, args)
  return Object.assign(marked, { kind: contextKind } as const) as ContextFunctionOf<F>
}

// Any function that a context can be given to, whatever it sends, receives and starts with. The second signature keeps it
// from giving types to parameters that have none: they are a mistake.
interface TakesContext {
  (context: Context<unknown, never, unknown>, ...args: never[]): unknown
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- To differ from the first is all that it is for.
  <T>(context: Context<unknown, never, unknown>, ...args: T[]): unknown
}

type ContextFunctionOf<F> = F extends (
  context: Context<infer Send, infer Receive, infer Started>,
  ...args: infer Args
) => infer Result
  ? ContextFunction<Send, Receive, Started, Args, Awaited<Result>>
  : never

/** A context function whose types are not known here. */
export type AnyContextFunction = ((context: Context<unknown, unknown, unknown>, ...args: unknown[]) => unknown) & {
  readonly kind: typeof contextKind
}

export function isContextFunction(value: unknown): value is AnyContextFunction {
  return typeof value === 'function' && 'kind' in value && value.kind === contextKind
}
