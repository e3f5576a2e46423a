import type { ActorId } from './errors.ts'
import type { LogRecord } from './log-record.ts'
import type { Reporter } from './report.ts'
import type { ActorVitals, TreeVitals } from './vitals.ts'

/** One hop of a stream: which actor sends its items to which. */
export interface Hop {
  readonly from: ActorId
  readonly to: ActorId
  /** The exposed function whose items these are. */
  readonly functionName: string
}

/** A call, as both of its ends know it. */
export interface Call {
  /** For one result, for a stream of items, or a context. */
  readonly kind: 'run' | 'stream' | 'context'
  readonly from: ActorId
  readonly to: ActorId
  /** The exposed function that is called. */
  readonly functionName: string
}

/** Something other than a call that takes its time: an actor is started, or again, or a pipeline runs. */
export type Activity = { /** When it began, by `performance.now()`. */ readonly startedMs: number } & (
  | { readonly kind: 'spawn'; readonly actor: ActorId; readonly method: 'process' | 'thread' | 'inline' }
  | { readonly kind: 'restart'; readonly actor: ActorId; readonly restartCount: number }
  | { readonly kind: 'pipeline'; readonly name: string; readonly stages: readonly string[] }
)

/** How something ended that was followed. */
export interface Outcome {
  /** Why it failed; absent if it did not. */
  readonly error?: unknown
  /** It was cancelled, or left, before its end: that is no failure. */
  readonly cancelled?: boolean
  /** How many items it took in and gave out, where it has any. */
  readonly itemsIn?: number
  readonly itemsOut?: number
}

/** Texts that travel with a call. */
export type Headers = Readonly<Record<string, string>>

/**
 * Headers as other programs send them, of a request or of a message: some have bytes for texts, and lists of what came more
 * than once.
 */
export type ReceivedHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>
type HeaderValue = string | Uint8Array

/** What is told of an event beside its name. */
export type Details = Readonly<Record<string, string | number | boolean>>

/** Something that an interceptor follows from its start to its end: one end of a call, or an activity. */
export interface Followed {
  /** What the code belongs to that runs for it; opaque to the engine, which has it at hand for that code. */
  readonly trace: unknown
  /** What the items belong to that this code sends while it has none in hand; `undefined` if they begin where they are sent. */
  readonly itemTrace?: unknown
  /** For whoever wants to look it up. */
  readonly traceId?: string
  /** What a call is to carry in place of the headers that it was given. */
  readonly headers?: Headers
  /** Something of note has happened. */
  event(name: string, details?: Details): void
  /** It is over. Only the first time counts. */
  ended(outcome: Outcome): void
}

/** What a task works for. */
export interface Serving {
  readonly trace: unknown
}

/** What a task has in hand: `itemTrace` is the `held` of the item that it works on. */
export interface AmbientTrace {
  readonly itemTrace: unknown
  readonly serving: Serving | undefined
}

/** What travels with a sampled item: the trace it belongs to, and the span that sent it; ids as whole numbers of four bytes. */
export interface TraceIds {
  trace0: number
  trace1: number
  trace2: number
  trace3: number
  span0: number
  span1: number
  /** Both as in the headers of these names; undefined if there is none. */
  traceState: string | undefined
  baggage: string | undefined
}

/** What is known of an item that leaves, and what it is to take along; looked at for the items that are followed alone. */
export interface ItemDeparture extends TraceIds {
  /** Which item of its stream it is, from 0. */
  readonly itemNumber: number
  /** When it was sent, by `performance.now()`; 0 if that is now. */
  readonly sentMs: number
  /** How long its stream had stood without credit before the batch it goes in was begun. */
  readonly creditWaitMs: number
}

/** What is known of a sampled item that has come, and what it brought along; to be read at once. */
export interface ItemArrival extends Readonly<TraceIds> {
  /** Which item of its stream it is, from 0. */
  readonly itemNumber: number
  /** When it came into the actor, by `performance.now()`. */
  readonly arrivedMs: number
}

/**
 * The items about which nobody is asked when they are sent: nearly all, where few are sampled. They are those that a task
 * sends while it holds one that is not sampled, and those that begin in the actor and were not drawn.
 */
export interface Unasked {
  /** False once all are to be asked about. */
  readonly applies: boolean
  /**
   * How many that begin in the actor are passed over until the next one that is followed, of which `itemBegun` is told: 0 or
   * more, and Infinity if there is none. Drawn by each stream for itself.
   */
  draw(): number
}

/**
 * What is held of an item that is not sampled, where anything is, or of a batch of them. Nothing that is made of it is sampled
 * either.
 */
export interface Tentative {
  readonly isTentative: true
  /** Of a batch: the item at that place comes to who deals with it now. */
  begin(index: number): void
  /** Of a batch: the item at that place is the one in hand, and has been for nobody knows how long; without a place, any of them. */
  locate(index: number | undefined): void
}

/** The trace of what was made of several items: it can be held, and adopted, like that of one. */
export interface JoinedItems {
  /** The traces of the sampled ones among them: the first few, if there are many. */
  readonly contributors: readonly unknown[]
  /** How many they are, each counted once. */
  readonly contributorCount: number
  /** The one of them that what was made is to be a child of; undefined if it begins a trace of its own. */
  readonly parent: unknown
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
   * An item is about to be sent. `held` is the trace of the item that the sending task has in hand: undefined if it has
   * none (the item begins here), null if that item is not sampled; `JoinedItems` if it was made of several.
   * True if it is followed: the ids to send along are in the departure then.
   */
  itemSent?(hop: Hop, held: unknown, departure: ItemDeparture): boolean
  /** Which items `itemSent` need not be called for; it may be called for them all the same. */
  readonly unasked?: Unasked
  /**
   * An item goes out that begins here, and that was drawn by `unasked` when it was sent: nobody is asked about it before its
   * batch is closed, so that what there is to do for the items of a batch is done for all of them at once. As `itemSent`.
   */
  itemBegun?(hop: Hop, departure: ItemDeparture): boolean
  /**
   * An item begins here, or was made of several, and goes to several readers: `held` is as for `itemSent`. Returns what is
   * held in its stead, so that what is sent to all of them is one trace; null if it is not sampled.
   */
  itemCreated?(actor: ActorId, held: unknown): unknown
  /** What is held of an item that continues the trace of those headers: `Tentative` if that is not sampled, undefined if there is none. */
  itemContinued?(headers: ReceivedHeaders): unknown
  /** A sampled item is handed to its consumer; the result is what `held` will be while it is in hand. */
  itemReceived?(hop: Hop, arrival: ItemArrival): unknown
  /** A sampled item that was pulled ahead is now handed to who deals with it. Counts once for each item. */
  itemTaken?(held: unknown): void
  /**
   * An item that is not sampled is handed to its consumer. The result is held, in place of null, for as long as a sampled item
   * would be, and `itemDone` is told of it: for whoever wants to know what fails. Where it is not wanted, it has to be absent,
   * since it takes more than the item.
   */
  itemTentative?(hop: Hop, arrival: ItemArrival): Tentative
  /** Nothing will come of a sampled item: a filter has dropped it. Its consumer is not done with it yet. */
  itemDropped?(held: unknown): void
  /**
   * The consumer of a sampled item has left its stream, in the midst of that item or after it. `itemDone` will tell, if its
   * task fails; a task may also live on for long, and have nothing more to do with it.
   */
  itemLeft?(held: unknown): void
  /**
   * The consumer is done with a sampled item: it pulled the next one, or its task has ended. With `error` if that failed,
   * or was cancelled. May be told of an item again: it was done with at the first time.
   */
  itemDone?(held: unknown, error?: unknown, cancelled?: boolean): void
  /** A function of another actor is about to be called, by the calling task. Returns undefined if that is not followed. */
  callStarted?(call: Call, headers: Headers | undefined): Followed | undefined
  /** A call with headers has come in. */
  callReceived?(call: Call, headers: Headers): Followed | undefined
  /** The calling task begins something. Returns undefined if that is not followed. */
  activityStarted?(activity: Activity): Followed | undefined
  /** The span that the calling code runs in; undefined in code that belongs to no trace that is followed. */
  activeTrace?(): ActiveTrace | undefined
  /** The span of what is done with the item that `held` is of; undefined if that is not sampled. */
  traceOf?(held: unknown): ActiveTrace | undefined
}

/** What a module that attaches itself to an actor may do there. */
export interface Attachment {
  readonly actor: ActorId
  /** The pipeline that the actor works for, if any. */
  readonly pipeline: string | undefined
  intercept(interceptor: Interceptor): void
  /** What the calling task has in hand; undefined outside of all tasks. It is to be read at once. */
  ambient(): AmbientTrace | undefined
  /** Hands the watcher all that the actor logs from now on, as far as its level lets it through. The watcher must not throw. */
  watchLog(watcher: LogWatcher): void
  /** Writes a line, with its end, to the program's stderr as it is, in order with the log. */
  writeLine(line: string): void
  /**
   * Says on the program's stderr how the attached module itself gets on, whatever the actor's level: a plain line, or an entry
   * where the log is lines of JSON.
   */
  notice(level: 'info' | 'warn', text: string): void
  /** Whether the actor is the root of its tree. */
  readonly isRoot: boolean
  /** Adds to what is told of the actor, in `vitals`. */
  report(read: Reporter): void
  /** The figures of the actor now. */
  vitals(): ActorVitals
  /** The same of it and all below it. Waits for them, a second at the most, and never rejects. */
  treeVitals(): Promise<TreeVitals>
  /** Has what is pending sent off, or whatever else is to be done, before the actor takes its leave, which waits for it. */
  onLeave(farewell: () => Promise<void>): void
}

/** Takes the entries of an actor's log, as they are said. */
export type LogWatcher = (record: LogRecord) => void

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
