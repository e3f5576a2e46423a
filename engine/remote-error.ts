import { inspect } from 'node:util'
import * as errors from './errors.ts'
import { type ActorId, FlowError, RemoteActorError } from './errors.ts'
import type { PackedError } from './frame.ts'
import { weigh } from './weigh.ts'

/** How far causes and members of an AggregateError are followed. */
const maxErrorDepth = 8
const maxStackChars = 16_384

// The classes whose errors are rebuilt as themselves. Everything else arrives by name, message, stack and fields.
const rebuildable: ReadonlyMap<string, new (...args: never[]) => Error> = new Map(
  [
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError],
    ...Object.values(errors).filter((value) => typeof value === 'function' && value.prototype instanceof FlowError),
  ].map((type) => [type.name, type as never]),
)

/**
 * An error, or whatever else was thrown, in a form that travels. `self` is the actor that sends it: the origin of a
 * local error, one more name in the relay path of a remote one.
 */
export function packError(thrown: unknown, self: ActorId, depth = 0): PackedError {
  if (thrown instanceof RemoteActorError) {
    return {
      name: thrown.remoteName,
      message: thrown.message,
      stack: thrown.remoteStack,
      actor: thrown.actor,
      relayPath: [...thrown.relayPath, self],
      fields: encodable(thrown.fields),
      ...nested(thrown.cause, self, depth),
    }
  }
  if (!(thrown instanceof Error)) {
    const message = typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 2, breakLength: Infinity })
    const fields = encodable({ value: thrown })
    return { name: 'NonError', message, stack: '', actor: self, relayPath: [], fields }
  }
  return {
    name: thrown.name,
    message: String(thrown.message),
    stack: String(thrown.stack ?? '').slice(0, maxStackChars),
    actor: self,
    relayPath: [],
    fields: encodable(ownFields(thrown)),
    ...nested(thrown.cause, self, depth),
    ...(thrown instanceof AggregateError && depth < maxErrorDepth
      ? { errors: thrown.errors.map((member) => packError(member, self, depth + 1)) }
      : {}),
  }
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
  const error =
    type === (AggregateError as unknown)
      ? new AggregateError(
          (packed.errors ?? []).map((member) => unpackError(member)),
          packed.message,
          options,
        )
      : (Reflect.construct(Error, [packed.message, options], type) as Error)
  if (packed.stack !== '')
    Object.defineProperty(error, 'stack', { value: packed.stack, configurable: true, writable: true })
  if (error instanceof FlowError) Object.defineProperty(error, 'name', { value: packed.name, configurable: true })
  for (const [key, value] of Object.entries(packed.fields)) {
    if (key === 'stack' || key === 'message' || key === '__proto__') continue
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return error
}

function nested(cause: unknown, self: ActorId, depth: number): { cause?: PackedError } {
  return cause === undefined || depth >= maxErrorDepth ? {} : { cause: packError(cause, self, depth + 1) }
}

function ownFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(error)) {
    if (key !== 'cause' && key !== 'stack' && key !== 'message') fields[key] = (error as never)[key]
  }
  return fields
}

// A field that cannot travel is shown instead of sent: an error must always come back.
function encodable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    try {
      result[key] = weigh(value) < 65_536 ? value : inspect(value).slice(0, 1024)
    } catch {
      result[key] = inspect(value, { depth: 1 }).slice(0, 1024)
    }
  }
  return result
}
