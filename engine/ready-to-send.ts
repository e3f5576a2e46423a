import { FrameTooLargeError } from './errors.ts'
import { attachmentBytes, detachBytes, weighWithin } from './weigh.ts'

/**
 * A copy of a value that was weighed: what its sender does to the original afterwards changes nothing of what travels, though
 * that is packed only at the next flush. Byte arrays of `attachmentBytes` and more are not copied; they belong to the
 * engine until the consumer has them.
 */
export function readyToSend(value: unknown, weight: number): unknown {
  const copy = typeof value === 'object' && value !== null ? copyObject(value) : value
  return weight >= attachmentBytes ? detachBytes(copy) : copy
}

/**
 * Weighs a value and readies it in one go: for arguments, results and other values that travel alone. Throws
 * `NotEncodableError`, or `FrameTooLargeError` if it weighs more than `maxBytes`.
 */
export function readyAlone(value: unknown, what: string, maxBytes: number): { value: unknown; weight: number } {
  const weight = weighWithin(value, maxBytes)
  if (weight > maxBytes) throw new FrameTooLargeError(what, weight, maxBytes)
  return { value: readyToSend(value, weight), weight }
}

function copyObject(value: object): unknown {
  if (value.constructor === Object || value.constructor === undefined) {
    const copy: Record<string, unknown> = { ...value }
    for (const key in copy) {
      const field = copy[key]
      if (typeof field === 'object' && field !== null) copy[key] = copyObject(field)
    }
    return copy
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = value.slice()
    for (let i = 0; i < copy.length; i += 1) {
      const entry = copy[i]
      if (typeof entry === 'object' && entry !== null) copy[i] = copyObject(entry)
    }
    return copy
  }
  return copyOther(value)
}

const copyEntry = (entry: unknown): unknown => (typeof entry === 'object' && entry !== null ? copyObject(entry) : entry)

// What is left as it is has no copy that would say the same, or cannot be changed in place.
function copyOther(value: object): unknown {
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [copyEntry(key), copyEntry(entry)]))
  if (value instanceof Set) return new Set(Array.from(value, copyEntry))
  if (value instanceof Date) return new Date(value)
  if (ArrayBuffer.isView(value) && value.byteLength < attachmentBytes && 'slice' in value) {
    return (value as Uint8Array).slice === Buffer.prototype.slice
      ? Buffer.from(value as Buffer)
      : (value as Uint8Array).slice()
  }
  return value
}
