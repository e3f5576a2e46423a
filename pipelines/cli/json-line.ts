/**
 * A value as one line of JSON. What JSON has no word for is written as what comes nearest and can be read by the next tool:
 *
 * | value | JSON |
 * | --- | --- |
 * | `undefined` | `null`; a field that is undefined is left out |
 * | bigint | its digits as text: `"12345678901234567890"` |
 * | `NaN`, `Infinity`, `-Infinity` | that word as text |
 * | `Date` | ISO 8601 as text: `"2026-01-31T12:00:00.000Z"`; `null` if it is none |
 * | `Map` | a list of pairs: `[["a",1],["b",2]]` |
 * | `Set` | a list |
 * | bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`, `DataView`) | Base64 as text |
 * | another typed array | a list of its numbers |
 * | `Error` | `{"name":…,"message":…}` and its own fields |
 * | `RegExp` | its text: `"/a+/g"` |
 *
 * No control character is in it, not even one that JSON would allow: it may be shown by a terminal.
 */
export function toJsonLine(value: unknown): string {
  const json = JSON.stringify(isPlain(value) ? value : plain(value)) ?? 'null'
  return `${json.replace(/\p{Control}/gu, escaped)}\n`
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Whether JSON says all that is in the value, so that it needs no copy. */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      if (value === null) return true
      if (Array.isArray(value)) return value.every(isPlain)
      return isRecord(value) && Object.values(value).every((each) => each === undefined || isPlain(each))
    default:
      return false
  }
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object':
      return value === null ? null : plainObject(value)
    case 'string':
    case 'boolean':
      return value
    default:
      return null
  }
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof Map) return Array.from(value, ([key, each]) => [plain(key), plain(each)])
  if (value instanceof Set) return Array.from(value, plain)
  if (value instanceof RegExp) return String(value)
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64')
  if (ArrayBuffer.isView(value)) return plainView(value)
  if (value instanceof Error) return { name: value.name, message: value.message, ...plainFields(value) }
  return plainFields(value)
}

function plainView(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array || view instanceof DataView) {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')
  }
  return Array.from(view as unknown as Iterable<unknown>, plain)
}

function plainFields(value: object): Record<string, unknown> {
  const fields = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(fields.map(([key, each]) => [key, plain(each)]))
}
