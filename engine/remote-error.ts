import { inspect } from 'node:util'
import * as errors from './errors.ts'
import { type ActorId, FlowError, RemoteActorError } from './errors.ts'
import { maxErrorDepth, type PackedError } from './frame.ts'
import * as registryErrors from './registry-errors.ts'
import { weigh } from './weigh.ts'

// An error must always come back, so it may never be too large to be sent: what is beyond these is cut off.
const maxErrorCount = 64
const maxTextChars = 16_384
const maxFieldsBytes = 65_536
const maxShownChars = 1024

const ours = Object.values({ ...errors, ...registryErrors }).filter(
  (value) => typeof value === 'function' && value.prototype instanceof FlowError,
)

// The classes whose errors are rebuilt as themselves. Everything else arrives by name, message, stack and fields.
const rebuildable: ReadonlyMap<string, new (...args: never[]) => Error> = new Map(
  [
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    AggregateError,
    SuppressedError,
    ...ours,
  ].map((type) => [type.name, type as never]),
)

/**
 * An error, or whatever else was thrown, in a form that travels. `self` is the actor that sends it: the origin of a
 * local error, one more name in the relay path of a remote one. Never throws.
 */
export function packError(thrown: unknown, self: ActorId): PackedError {
  return pack(thrown, { self, depth: 0, budget: { errorCount: maxErrorCount } })
}

/** Where in an error the packing is, and how many errors it may still take in. */
interface Place {
  readonly self: ActorId
  readonly depth: number
  readonly budget: { errorCount: number }
}

function pack(thrown: unknown, place: Place): PackedError {
  const { self, budget } = place
  budget.errorCount -= 1
  if (thrown instanceof RemoteActorError) {
    return {
      name: thrown.remoteName,
      message: thrown.message,
      stack: thrown.remoteStack,
      actor: thrown.actor,
      relayPath: [...thrown.relayPath, self],
      fields: encodable(thrown.fields),
      // Its cause is the same error, rebuilt here: what goes on is what that one holds.
      ...(thrown.cause instanceof Error ? inner(thrown.cause, place) : {}),
    }
  }
  if (!(thrown instanceof Error)) {
    const message = (typeof thrown === 'string' ? thrown : shown(thrown)).slice(0, maxTextChars)
    return { name: 'NonError', message, stack: '', actor: self, relayPath: [], fields: encodable({ value: thrown }) }
  }
  return {
    name: text(thrown, 'name'),
    message: text(thrown, 'message'),
    stack: text(thrown, 'stack'),
    actor: self,
    relayPath: [],
    fields: encodable(thrown),
    ...inner(thrown, place),
  }
}

/** The errors that an error holds: its cause, the members of an `AggregateError`, the two of a `SuppressedError`. */
function inner(error: Error, place: Place): { cause?: PackedError; errors?: PackedError[] } {
  if (place.depth >= maxErrorDepth) return {}
  const next = { ...place, depth: place.depth + 1 }
  const cause: unknown = read(error, 'cause')
  const held: { cause?: PackedError; errors?: PackedError[] } = {}
  if (cause !== undefined && place.budget.errorCount > 0) held.cause = pack(cause, next)
  const members: unknown =
    error instanceof SuppressedError
      ? [read(error, 'error'), read(error, 'suppressed')]
      : error instanceof AggregateError
        ? read(error, 'errors')
        : undefined
  if (Array.isArray(members)) {
    held.errors = []
    for (const member of members as unknown[]) {
      if (place.budget.errorCount <= 0) break
      held.errors.push(pack(member, next))
    }
  }
  return held
}

/** The engine's own answer to a call: the caller throws it as it is, not inside a `RemoteActorError`. */
export function packDirectError(error: FlowError, self: ActorId): PackedError {
  return { ...packError(error, self), direct: true }
}

/** The error that the caller throws for one that came over the wire. */
export function unpackError(packed: PackedError): Error {
  if (packed.direct === true) return rebuild(packed) ?? new RemoteActorError(packed.message, remoteFields(packed))
  const cause = rebuild(packed)
  return new RemoteActorError(packed.message, remoteFields(packed), cause === undefined ? undefined : { cause })
}

function remoteFields(packed: PackedError): errors.RemoteErrorFields {
  return {
    actor: packed.actor,
    remoteName: packed.name,
    remoteStack: packed.stack,
    relayPath: packed.relayPath,
    fields: packed.fields,
  }
}

// Makes a real Error of the right class without running that class's constructor on data from the wire.
function rebuild(packed: PackedError): Error | undefined {
  const type = rebuildable.get(packed.name)
  if (type === undefined) return undefined
  const cause = packed.cause === undefined ? undefined : rebuild(packed.cause)
  const options = cause === undefined ? undefined : { cause }
  const error = construct(type, packed, options)
  if (packed.stack !== '')
    Object.defineProperty(error, 'stack', { value: packed.stack, configurable: true, writable: true })
  if (error instanceof FlowError) Object.defineProperty(error, 'name', { value: packed.name, configurable: true })
  for (const [key, value] of Object.entries(packed.fields)) {
    if (key === 'stack' || key === 'message' || key === '__proto__') continue
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return error
}

function construct(
  type: new (...args: never[]) => Error,
  packed: PackedError,
  options: ErrorOptions | undefined,
): Error {
  const members = (packed.errors ?? []).map((member) => unpackError(member))
  switch (type as unknown) {
    case AggregateError:
      return new AggregateError(members, packed.message, options)
    case SuppressedError:
      return new SuppressedError(members[0], members[1], packed.message)
    default:
      return Reflect.construct<[string, ErrorOptions | undefined], Error>(Error, [packed.message, options], type)
  }
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function text(error: Error, key: 'name' | 'message' | 'stack'): string {
  const value = read(error, key)
  if (typeof value === 'string') return value.slice(0, maxTextChars)
  return value === undefined ? '' : shown(value)
}

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, maxShownChars)
  } catch {
    return `(a ${typeof value} that cannot be shown)`
  }
}

/** The own enumerable fields. One that cannot travel, or is large, is shown instead of sent. */
function encodable(source: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  let left = maxFieldsBytes
  for (const key of Object.keys(source)) {
    if (key === '__proto__' || (source instanceof Error && spelledOut.has(key))) continue
    const value = read(source, key)
    let weight = Infinity
    try {
      weight = key.length + weigh(value)
    } catch {
      // Shown below.
    }
    const field = weight <= left ? value : shown(value)
    left -= weight <= left ? weight : key.length + maxShownChars
    if (left < 0) break
    fields[key] = field
  }
  return fields
}

const spelledOut: ReadonlySet<string> = new Set(['cause', 'stack', 'message', 'errors'])
