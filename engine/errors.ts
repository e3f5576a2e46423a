/** Who an actor is: the name it was started with (not unique) and the id that no other actor ever has. */
export interface ActorId {
  readonly name: string
  readonly id: string
}

/**
 * The base of every error that Actorflow itself throws. `code` is stable and begins with `FLOW_`; facts are in fields,
 * and `docs/errors.md` has a heading for each code.
 */
export abstract class FlowError extends Error {
  abstract readonly code: `FLOW_${string}`

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true })
  }

  /** True for a FlowError of any copy of the package. */
  static is(value: unknown): value is FlowError {
    return value instanceof Error && 'code' in value && typeof value.code === 'string' && value.code.startsWith('FLOW_')
  }
}

/** An actor did not come up: its process could not be started, or its module failed to load. */
export class SpawnError extends FlowError {
  readonly code = 'FLOW_SPAWN'
  readonly actor: ActorId

  constructor(actor: ActorId, why: string, options?: ErrorOptions) {
    super(`actor '${actor.name}' did not start: ${why}`, options)
    this.actor = actor
  }
}

/** An actor's process or thread ended before it was asked to. */
export class ActorExitError extends FlowError {
  readonly code = 'FLOW_ACTOR_EXIT'
  readonly actor: ActorId
  readonly exitCode: number | null
  readonly signal: string | null

  constructor(actor: ActorId, exit: { exitCode: number | null; signal: string | null }, options?: ErrorOptions) {
    const how = exit.signal === null ? `with exit code ${exit.exitCode}` : `by ${exit.signal}`
    super(`actor '${actor.name}' (${actor.id}) ended unexpectedly ${how}`, options)
    this.actor = actor
    this.exitCode = exit.exitCode
    this.signal = exit.signal
  }
}

/** A task or actor went on running past the grace it had after it was cancelled. */
export class ActorTooSlowError extends FlowError {
  readonly code = 'FLOW_ACTOR_TOO_SLOW'
  readonly actor: ActorId
  readonly graceMs: number

  constructor(actor: ActorId, what: string, graceMs: number, options?: ErrorOptions) {
    super(`${what} of actor '${actor.name}' (${actor.id}) did not end within ${graceMs} ms of being cancelled`, options)
    this.actor = actor
    this.graceMs = graceMs
  }
}

/** This side closed the channel, and then used it. */
export class ChannelClosedError extends FlowError {
  readonly code = 'FLOW_CHANNEL_CLOSED'
  readonly peer: ActorId

  constructor(peer: ActorId, options?: ErrorOptions) {
    super(`the channel to actor '${peer.name}' (${peer.id}) was closed by this side`, options)
    this.peer = peer
  }
}

interface ChannelBrokenOptions extends ErrorOptions {
  readonly goodbye?: string
  readonly frozen?: boolean
  readonly handshakeLimitMs?: number
}

/** The peer vanished: its process died, or the connection to it broke. */
export class ChannelBrokenError extends FlowError {
  readonly code = 'FLOW_CHANNEL_BROKEN'
  readonly peer: ActorId
  /** What the peer said when it left; undefined if it went without a word. */
  readonly goodbye: string | undefined
  /** True if the peer is still there for all that is known, but gave no sign of life for too long. */
  readonly frozen: boolean
  /** Where whoever is at the other end did not say in time who it is: how long it had for that. */
  readonly handshakeLimitMs: number | undefined

  constructor(peer: ActorId, why: string, options: ChannelBrokenOptions = {}) {
    super(`the channel to actor '${peer.name}' (${peer.id}) broke: ${why}`, options)
    this.peer = peer
    this.goodbye = options.goodbye
    this.frozen = options.frozen === true
    this.handshakeLimitMs = options.handshakeLimitMs
  }
}

/** A peer sent what the wire language does not allow. The channel it came on is ended. */
export class ProtocolError extends FlowError {
  readonly code: `FLOW_${string}` = 'FLOW_PROTOCOL'
}

/** A frame or item is larger than the channel allows; refused before its body is buffered or sent. */
export class FrameTooLargeError extends ProtocolError {
  override readonly code = 'FLOW_FRAME_TOO_LARGE'
  readonly sizeBytes: number
  readonly limitBytes: number

  constructor(what: string, sizeBytes: number, limitBytes: number) {
    super(`${what} of ${sizeBytes} bytes is over the limit of ${limitBytes} bytes`)
    this.sizeBytes = sizeBytes
    this.limitBytes = limitBytes
  }
}

/** The two ends of a channel speak different versions of the wire language. */
export class VersionMismatchError extends ProtocolError {
  override readonly code = 'FLOW_VERSION_MISMATCH'
  readonly ours: number
  readonly theirs: number

  constructor(ours: number, theirs: number) {
    super(`this actor speaks wire version ${ours}, its peer version ${theirs}: run the same release on both sides`)
    this.ours = ours
    this.theirs = theirs
  }
}

/** The two ends of a connection do not share a token: one has none, or another. */
export class UnauthenticatedError extends ProtocolError {
  override readonly code = 'FLOW_UNAUTHENTICATED'
}

/** A caller has as many calls open on one channel as the callee allows. The channel goes on. */
export class ContextLimitError extends FlowError {
  readonly code = 'FLOW_CONTEXT_LIMIT'
  readonly actor: ActorId
  readonly limitCount: number

  constructor(actor: ActorId, limitCount: number) {
    super(
      `actor '${actor.name}' (${actor.id}) allows ${limitCount} open calls on one channel: wait until some have ended`,
    )
    this.actor = actor
    this.limitCount = limitCount
  }
}

/** The actor has been asked to drain: it finishes the calls it has and takes no more. */
export class ActorDrainingError extends FlowError {
  readonly code = 'FLOW_ACTOR_DRAINING'
  readonly actor: ActorId

  constructor(actor: ActorId) {
    super(`actor '${actor.name}' (${actor.id}) is draining and takes no more calls`)
    this.actor = actor
  }
}

/** A value cannot travel between actors: a function, a symbol, a cycle, or nesting without end. */
export class NotEncodableError extends FlowError {
  readonly code = 'FLOW_NOT_ENCODABLE'
  readonly path: string

  constructor(path: string, why: string) {
    super(`a value cannot be sent to another actor: ${path} ${why}`)
    this.path = path
  }
}

/** The stream was used after this side had closed it. */
export class StreamClosedError extends FlowError {
  readonly code = 'FLOW_STREAM_CLOSED'

  constructor(what = 'the stream is closed: nothing more can be sent on it') {
    super(what)
  }
}

/** A peer sent more than it had been granted. */
export class StreamOverrunError extends FlowError {
  readonly code = 'FLOW_STREAM_OVERRUN'

  constructor(what: string) {
    super(`the peer sent more than it was granted: ${what}`)
  }
}

/** A subscriber of a shared stream fell so far behind that items were dropped for it. */
export class StreamLaggedError extends FlowError {
  readonly code = 'FLOW_STREAM_LAGGED'
  readonly missedCount: number

  constructor(missedCount: number) {
    super(`this subscriber lagged behind and missed ${missedCount} items`)
    this.missedCount = missedCount
  }
}

/** A task was cancelled, by whom and why. Also the reason of every signal the engine aborts on cancellation. */
export class ContextCancelledError extends FlowError {
  readonly code = 'FLOW_CONTEXT_CANCELLED'
  readonly canceller: ActorId
  readonly reason: string

  constructor(canceller: ActorId, reason: string, options?: ErrorOptions) {
    super(`cancelled by actor '${canceller.name}' (${canceller.id}): ${reason}`, options)
    this.canceller = canceller
    this.reason = reason
  }
}

/** A time limit (`failAfter`, `timeoutMs`, a deadline that came with a call) ran out. */
export class DeadlineExceededError extends FlowError {
  readonly code = 'FLOW_DEADLINE_EXCEEDED'
  readonly limitMs: number

  constructor(limitMs: number) {
    super(`not done within ${limitMs} ms`)
    this.limitMs = limitMs
  }
}

/** What a `RemoteActorError` carries over the wire. */
export interface RemoteErrorFields {
  readonly actor: ActorId
  readonly remoteName: string
  readonly remoteStack: string
  readonly relayPath: readonly ActorId[]
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * An error that was thrown in another actor. Its message is the remote error's; `cause` is that error rebuilt where its
 * class is a built-in or one of ours; `fields` holds its own enumerable properties.
 */
export class RemoteActorError extends FlowError {
  readonly code = 'FLOW_REMOTE'
  /** The actor where it was thrown. */
  readonly actor: ActorId
  readonly remoteName: string
  readonly remoteStack: string
  /** The actors that passed it on, the first of them nearest to where it was thrown. */
  readonly relayPath: readonly ActorId[]
  readonly fields: Readonly<Record<string, unknown>>

  constructor(message: string, remote: RemoteErrorFields, options?: ErrorOptions) {
    super(message, options)
    this.actor = remote.actor
    this.remoteName = remote.remoteName
    this.remoteStack = remote.remoteStack
    this.relayPath = remote.relayPath
    this.fields = remote.fields
  }
}

/** The called name is not in the actor's definition, or is there as another kind of function. */
export class NotExposedError extends FlowError {
  readonly code = 'FLOW_NOT_EXPOSED'
  readonly actor: ActorId
  readonly functionName: string

  constructor(actor: ActorId, functionName: string, why: string) {
    super(`actor '${actor.name}' ${why}`)
    this.actor = actor
    this.functionName = functionName
  }
}

/** The public face of an actor was used in a place or order that makes no sense; the message says what to do instead. */
export class UsageError extends FlowError {
  readonly code = 'FLOW_USAGE'
}
