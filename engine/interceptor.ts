import type { ActorId } from './errors.ts'

/** One hop of a stream: which actor sends its items to which. */
export interface Hop {
  readonly from: ActorId
  readonly to: ActorId
  /** The exposed function whose items these are. */
  readonly functionName: string
}

/** What a line of a log names, so that it is found beside the span it was written in: ids in hex, as OpenTelemetry writes them. */
export interface ActiveTrace {
  readonly traceId: string
  readonly spanId: string
}

/**
 * How observability sees the engine. All of it is optional, and an engine without interceptors pays one comparison an
 * item. Item traces are opaque to the engine: it carries them from the item that a task holds to the items it sends.
 */
export interface Interceptor {
  /**
   * An item is about to be sent. `held` is the trace of the item that the sending task pulled last: undefined if it
   * never pulled one (the item begins here), null if that item is not sampled. Returns the trace context to send along.
   */
  itemSent?(hop: Hop, held: unknown): string | undefined
  /** A sampled item is handed to its consumer; the result is what `held` will be until the next one is pulled. */
  itemReceived?(hop: Hop, traceContext: string): unknown
  /** The consumer is done with a sampled item: it pulled the next one, or left. */
  itemDone?(held: unknown, error?: unknown): void
  /** The span that the calling code runs in; undefined in code that belongs to no trace that is followed. */
  activeTrace?(): ActiveTrace | undefined
  /** The actor is leaving: send off what is pending. */
  shutdown?(): Promise<void>
}

/** What a module that attaches itself to an actor may do there. */
export interface Attachment {
  readonly actor: ActorId
  intercept(interceptor: Interceptor): void
}

/**
 * The export `attach` of a module that a root names in its options: every actor of the tree imports the module at its
 * start, before its own, and calls this. Options are copied to each actor.
 */
export type Attach = (attachment: Attachment, options: unknown) => void | Promise<void>

/** A module to attach in every actor of a tree. */
export interface AttachedModule {
  readonly url: string
  readonly options?: unknown
}
