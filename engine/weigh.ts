import { NotEncodableError } from './errors.ts'

/** How deep values may be nested on the wire. Deeper ones, and cycles, are refused at their sender. */
export const maxNestingDepth = 128

/** Byte arrays from this size up travel beside the msgpack instead of through the packer. */
export const attachmentBytes = 8192

/**
 * About how many bytes `value` takes on the wire, and the proof that it can travel at all: throws `NotEncodableError`,
 * naming the place inside the value, for a function, a symbol, a promise, a cycle or nesting without end.
 *
 * It runs once for every item sent. Flat objects of strings and numbers, which most items are, stay in the first loop.
 */
export function weigh(value: unknown): number {
  if (typeof value === 'object' && value !== null && value.constructor === Object && !('toJSON' in value)) {
    let weight = 3
    const record = value as Record<string, unknown>
    for (const key in record) {
      const field = record[key]
      if (typeof field === 'string') weight += field.length + 4
      else if (typeof field === 'number') weight += 10
      else weight += 1 + weighAny(field, 1, key)
    }
    return weight
  }
  return weighAny(value, 0, '')
}

function weighAny(value: unknown, depth: number, path: string): number {
  switch (typeof value) {
    case 'string':
      return value.length > 1024 ? Buffer.byteLength(value) + 5 : value.length + 3
    case 'number':
      return 9
    case 'boolean':
    case 'undefined':
      return 1
    case 'bigint':
      return 9 + value.toString(16).length / 2
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
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength + 8
  if (value instanceof Date) return 13
  if (value instanceof Map) {
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
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    const hint = value instanceof Promise ? ': await it first' : ''
    throw new NotEncodableError(at(path), `is a ${value.constructor.name}${hint}`)
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return weighAny(value.toJSON(), depth + 1, path)
  let weight = value instanceof Error ? 16 + value.message.length : 5
  for (const [key, entry] of Object.entries(value)) {
    weight += key.length + weighAny(entry, depth + 1, path === '' ? key : `${path}.${key}`)
  }
  return weight
}

function at(path: string): string {
  return path === '' ? 'it' : `'${path}'`
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
    return plain && value.byteLength >= attachmentBytes ? new Attachment(value) : value
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

/** Weighs a value and readies it for the wire in one go: for arguments, results and other values that travel alone. */
export function readyToSend(value: unknown, weight: number): unknown {
  return weight >= attachmentBytes ? detachBytes(value) : value
}
