import { NotEncodableError } from './errors.ts'
import { takeGiven } from './transfer.ts'

/** How deep values may be nested on the wire. Deeper ones, and cycles, are refused at their sender. */
export const maxNestingDepth = 128

/** Byte arrays from this size up travel beside the msgpack instead of through the packer. */
export const attachmentBytes = 8192

/**
 * About how many bytes `value` takes on the wire, and the proof that it can travel at all: throws `NotEncodableError`,
 * naming the place inside the value, for a function, a symbol, a promise, a cycle or nesting without end. Always a whole
 * number; a short string counts a byte a character, so the true size may be up to three times as much.
 *
 * It runs once for every item sent. Flat objects of strings and numbers, which most items are, stay in the first loop.
 */
export function weigh(value: unknown): number {
  if (typeof value === 'object' && value !== null && value.constructor === Object) {
    let weight = 3
    const record = value as Record<string, unknown>
    for (const key in record) {
      const field = record[key]
      weight += key.length
      if (typeof field === 'string' && field.length <= longText) weight += field.length + 4
      else if (typeof field === 'number') weight += 10
      else weight += 1 + weighAny(field, 1, key)
    }
    return weight
  }
  return weighAny(value, 0, '')
}

// Longer texts are measured: what one of them is underestimated by would add up.
const longTextChars = 1024
let longText = longTextChars

/**
 * The same, and exact about text where the estimate could hide that the value is over the limit. That takes a second
 * look only for values that are a third of the limit already.
 */
export function weighWithin(value: unknown, limitBytes: number): number {
  const estimate = weigh(value)
  if (estimate * 3 <= limitBytes) return estimate
  longText = -1
  try {
    return weigh(value)
  } finally {
    longText = longTextChars
  }
}

function weighAny(value: unknown, depth: number, path: string): number {
  switch (typeof value) {
    case 'string':
      return value.length > longText ? Buffer.byteLength(value) + 5 : value.length + 3
    case 'number':
      return 9
    case 'boolean':
      return 1
    case 'undefined':
      return 3
    case 'bigint':
      return 9 + Math.ceil(value.toString(16).length / 2)
    case 'object':
      return value === null ? 1 : weighObject(value, depth, path)
    case 'function':
      throw new NotEncodableError(at(path), `is a function (${value.name || 'anonymous'})`)
    case 'symbol':
      throw new NotEncodableError(at(path), `is a symbol (${String(value)})`)
  }
}

function weighObject(value: object, depth: number, path: string): number {
  if (depth > maxNestingDepth) {
    throw new NotEncodableError(at(path), `is nested deeper than ${maxNestingDepth} levels, or contains itself`)
  }
  if (Array.isArray(value)) {
    let weight = 5
    for (let i = 0; i < value.length; i += 1) weight += weighAny(value[i], depth + 1, `${path}[${i}]`)
    return weight
  }
  if (value.constructor === Object) return weighFields(value, depth, path)
  if (ArrayBuffer.isView(value)) return weighBytes(value, value.buffer, path)
  if (value instanceof ArrayBuffer) return weighBytes(value, value, path)
  if (value instanceof Date) return 15
  if (value instanceof Map) {
    if (value.constructor !== Map) {
      throw new NotEncodableError(at(path), `is a ${value.constructor.name}, a kind of Map: send new Map(it)`)
    }
    let weight = 5
    for (const [key, entry] of value) {
      weight += weighAny(key, depth + 1, `${path}.<key>`) + weighAny(entry, depth + 1, `${path}.<value>`)
    }
    return weight
  }
  if (value instanceof Set) {
    let weight = 8
    for (const entry of value) weight += weighAny(entry, depth + 1, `${path}.<member>`)
    return weight
  }
  if (value instanceof RegExp) return 8 + Buffer.byteLength(value.source)
  if (neverTravels.some((type) => value instanceof type)) {
    const hint = value instanceof Promise ? ': await it first' : ''
    throw new NotEncodableError(at(path), `is a ${value.constructor.name}${hint}`)
  }
  // A plain object is sent as it is; of others, toJSON() says what is.
  if ('toJSON' in value && Boolean(value.toJSON)) {
    if (typeof value.toJSON !== 'function') throw new NotEncodableError(at(path), 'has a toJSON that is not a function')
    return weighAny(value.toJSON(), depth + 1, path)
  }
  if (value instanceof Error) return weighError(value, depth, path)
  return weighFields(value, depth, path)
}

function weighFields(value: object, depth: number, path: string): number {
  let weight = 5
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key]
    weight += key.length + 1
    // The path is only needed if there is something to complain of further in.
    if (typeof field === 'string' || typeof field === 'number') weight += weighAny(field, depth + 1, key)
    else weight += weighAny(field, depth + 1, path === '' ? key : `${path}.${key}`)
  }
  return weight
}

const neverTravels = [Promise, WeakMap, WeakSet, WeakRef, SharedArrayBuffer]

/** The binary classes that have a code on the wire; one of another kind would be bytes that the peer cannot name. */
const binaryTypes: ReadonlySet<unknown> = new Set<unknown>([
  Buffer,
  ArrayBuffer,
  DataView,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
])

function weighBytes(value: ArrayBufferView | ArrayBuffer, buffer: ArrayBufferLike, path: string): number {
  if (!binaryTypes.has(value.constructor)) {
    throw new NotEncodableError(at(path), `is a ${value.constructor.name}, which has no form on the wire`)
  }
  if ('detached' in buffer && buffer.detached) {
    throw new NotEncodableError(at(path), `is a ${value.constructor.name} whose bytes were transferred away`)
  }
  return value.byteLength + 8
}

/** An error inside a value travels as its name, message and cause. */
function weighError(error: Error, depth: number, path: string): number {
  let weight = 8
  for (const key of ['name', 'message', 'cause'] as const) {
    weight += weighAny(error[key], depth + 1, path === '' ? key : `${path}.${key}`)
  }
  return weight
}

function at(path: string): string {
  if (path === '') return 'it'
  return path.length <= 200 ? `'${path}'` : `'${path.slice(0, 200)}…'`
}

/** Stands in for a large byte array inside a value while the bytes themselves travel beside the msgpack. */
export class Attachment {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/**
 * The same value with every large byte array in it replaced by an `Attachment`; what holds one is copied, the caller's
 * value is never changed. Only worth calling for values that weigh at least `attachmentBytes`.
 */
export function detachBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const plain = Buffer.isBuffer(value) || value.constructor === Uint8Array
    if ((value.buffer as ArrayBuffer).detached)
      throw new NotEncodableError('it', 'holds the same bytes twice, and they were given away')
    return plain && value.byteLength >= attachmentBytes ? new Attachment(takeGiven(value)) : value
  }
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i += 1) {
      const entry: unknown = value[i]
      const detached = typeof entry === 'object' && entry !== null ? detachBytes(entry) : entry
      if (detached !== entry) {
        copy ??= value.slice()
        copy[i] = detached
      }
    }
    return copy ?? value
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    (value.constructor === Object || value.constructor === undefined)
  ) {
    let copy: Record<string, unknown> | undefined
    for (const [key, entry] of Object.entries(value)) {
      const detached = typeof entry === 'object' && entry !== null ? detachBytes(entry) : entry
      if (detached !== entry) {
        copy ??= { ...value }
        copy[key] = detached
      }
    }
    return copy ?? value
  }
  return value
}
