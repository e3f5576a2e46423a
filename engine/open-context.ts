import type { MessageStream } from './message-stream.ts'

/**
 * The caller's side of an open context. Its owner is whoever opened it, best with `await using`: disposing it cancels
 * what still runs in the other actor and waits for its end.
 */
export interface OpenContext<Receive, Send, Started, Result> extends AsyncDisposable {
  /** What the callee passed to `started`. */
  readonly value: Started
  /** Both directions. Leaving a `for await` over it early does not end the context; disposing the context does. */
  readonly stream: MessageStream<Receive, Send>
  /** Waits for the callee's return value. Rejects with its error, or `ContextCancelledError` if it was cancelled. */
  result(): Promise<Result>
  /** Cancels the callee and waits for its end. */
  cancel(reason?: string): Promise<void>
}
