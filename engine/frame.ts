/**
 * The whole wire language. A frame is a msgpack array whose first entry is its kind; a flush sends an array of frames.
 * `docs/protocol.md` is the reference: terms, frames, allowed sequences.
 */
import type { ActorId } from './errors.ts'

/** The version that `hello` carries. Two actors that differ in it refuse each other. */
export const wireVersion = 1

export const Kind = {
  hello: 0,
  ping: 1,
  pong: 2,
  goaway: 3,
  start: 4,
  credit: 5,
  cancel: 6,
  started: 7,
  yield: 8,
  mark: 9,
  return: 10,
  error: 11,
  stop: 12,
  proof: 13,
} as const

/** What a `start` asks for: one result, a stream of items, or a context (both directions, opened by `started`). */
export const CallKind = { run: 0, stream: 1, context: 2 } as const
export type CallKind = (typeof CallKind)[keyof typeof CallKind]

/** An error on the wire; `engine/remote-error.ts` packs and unpacks it. */
export interface PackedError {
  name: string
  message: string
  stack: string
  actor: ActorId
  relayPath: ActorId[]
  fields: Record<string, unknown>
  cause?: PackedError
  errors?: PackedError[]
  /** The error is the engine's own answer to the call: it is thrown as itself, not inside a RemoteActorError. */
  direct?: boolean
  /** It was thrown while the task was unwinding from a cancellation, and is not that cancellation. */
  unwinding?: boolean
}

export interface Hello {
  version: number
  actor: ActorId
  /** What the proof of a token is to be made with; there only where a token is wanted. */
  nonce?: Uint8Array
}

/** How long the nonces are that are sent, and those that are taken. */
export const nonceBytes = { usual: 32, fewest: 16, most: 64 } as const
const maxProofBytes = 64

// Channel frames. Their second entry is 0 where the others have the context id.
export type HelloFrame = [typeof Kind.hello, 0, Hello]
export type ProofFrame = [typeof Kind.proof, 0, Uint8Array]
export type PingFrame = [typeof Kind.ping, 0, number]
export type PongFrame = [typeof Kind.pong, 0, number]
export type GoawayFrame = [typeof Kind.goaway, 0, string]

// Context frames: [kind, context id, …].
export type StartFrame = [
  typeof Kind.start,
  number,
  call: CallKind,
  service: string,
  functionName: string,
  args: unknown[],
  windowCount: number,
  windowBytes: number,
  deadlineMs: number,
  headers?: Record<string, string>,
]
/** Credit is cumulative: up to this many items and bytes since the stream began. */
export type CreditFrame = [typeof Kind.credit, number, itemCount: number, bytes: number]
export type CancelFrame = [typeof Kind.cancel, number, canceller: ActorId, reason: string]
export type StartedFrame = [typeof Kind.started, number, value: unknown]
/** `traces` are those of the sampled items of the batch, as a `TracePacker` writes them. */
export type YieldFrame = [typeof Kind.yield, number, items: unknown[], bytes: number, traces?: Uint8Array]
/** The same on the wire, where the items are bytes already: what an `ItemPacker` made of them. */
export type PackedYieldFrame = [typeof Kind.yield, number, items: Uint8Array, bytes: number, traces?: Uint8Array]
export type MarkFrame = [typeof Kind.mark, number, mark: unknown]
export type ReturnFrame = [typeof Kind.return, number, value: unknown]
export type ErrorFrame = [typeof Kind.error, number, error: PackedError]
export type StopFrame = [typeof Kind.stop, number]

export type ChannelFrame = HelloFrame | ProofFrame | PingFrame | PongFrame | GoawayFrame
export type ContextFrame =
  | StartFrame
  | CreditFrame
  | CancelFrame
  | StartedFrame
  | YieldFrame
  | MarkFrame
  | ReturnFrame
  | ErrorFrame
  | StopFrame
export type Frame = ChannelFrame | ContextFrame | PackedYieldFrame

/** The frames that end a context; its callee sends exactly one. */
export type TerminalFrame = ReturnFrame | ErrorFrame

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isItems = (value: unknown): boolean => Array.isArray(value) || value instanceof Uint8Array
const isTraces = (value: unknown): boolean => value instanceof Uint8Array
const isActorId = (value: unknown): value is ActorId => isObject(value) && isText(value['name']) && isText(value['id'])

/** What is wrong with a decoded frame, or undefined if it is one of the language. The payloads are the user's. */
export function frameFault(frame: unknown): string | undefined {
  if (!Array.isArray(frame)) return `a frame that is not an array (${typeof frame})`
  const [kind, id] = frame as unknown[]
  if (!isCount(id)) return `a frame of kind ${kindText(kind)} without a context id`
  switch (kind) {
    case Kind.hello:
      return isHello(frame[2]) ? undefined : 'a malformed hello'
    case Kind.proof:
      return isBytes(frame[2], 1, maxProofBytes) ? undefined : 'a malformed proof'
    case Kind.ping:
    case Kind.pong:
      return isCount(frame[2]) ? undefined : 'a malformed ping or pong'
    case Kind.goaway:
      return isText(frame[2]) ? undefined : 'a malformed goaway'
    case Kind.start:
      return isStart(frame) ? undefined : 'a malformed start'
    case Kind.credit:
      return isCount(frame[2]) && isCount(frame[3]) ? undefined : 'a malformed credit'
    case Kind.cancel:
      return isActorId(frame[2]) && isText(frame[3]) ? undefined : 'a malformed cancel'
    case Kind.yield:
      return isItems(frame[2]) && isCount(frame[3]) && isOptional(frame[4], isTraces) ? undefined : 'a malformed yield'
    case Kind.error:
      return isPackedError(frame[2], 0) ? undefined : 'a malformed error'
    case Kind.started:
    case Kind.mark:
    case Kind.return:
    case Kind.stop:
      return undefined
    default:
      return `a frame of unknown kind ${kindText(kind)}`
  }
}

const kindText = (kind: unknown): string => (typeof kind === 'number' ? String(kind) : `(${typeof kind})`)
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value)

const isBytes = (value: unknown, fewest: number, most: number): boolean =>
  value instanceof Uint8Array && value.byteLength >= fewest && value.byteLength <= most

function isHello(value: unknown): boolean {
  if (!isObject(value) || !isCount(value['version']) || !isActorId(value['actor'])) return false
  return isOptional(value['nonce'], (nonce) => isBytes(nonce, nonceBytes.fewest, nonceBytes.most))
}

/** How far the causes of an error, and the members of an `AggregateError`, are sent. */
export const maxErrorDepth = 8

function isPackedError(value: unknown, depth: number): boolean {
  if (!isObject(value) || depth > maxErrorDepth) return false
  const { name, message, stack, actor, relayPath, fields, cause, errors } = value
  const isInner = (inner: unknown) => isPackedError(inner, depth + 1)
  return (
    [name, message, stack].every(isText) &&
    isActorId(actor) &&
    Array.isArray(relayPath) &&
    relayPath.every(isActorId) &&
    isObject(fields) &&
    isOptional(cause, isInner) &&
    isOptional(errors, (members) => Array.isArray(members) && members.every(isInner))
  )
}

function isStart(frame: unknown[]): boolean {
  const [, , call, service, functionName, args, windowCount, windowBytes, deadlineMs] = frame
  return (
    (call === CallKind.run || call === CallKind.stream || call === CallKind.context) &&
    isText(service) &&
    isText(functionName) &&
    Array.isArray(args) &&
    isCount(windowCount) &&
    isCount(windowBytes) &&
    typeof deadlineMs === 'number' &&
    isOptional(frame[9], isObject)
  )
}
