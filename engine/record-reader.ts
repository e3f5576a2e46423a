/** Where the fields of a record are read from. What most fields are, the code of a reader takes from `bytes` and `view` itself. */
export interface FieldSource {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The place of the next field. */
  at: number
  /** The text of so many bytes and as many characters at that place. Does not move on. */
  textAt(at: number, length: number): string
  /** A field of any kind. Moves on. */
  value(depth: number): unknown
}

/** Reads the fields of a record, which are at that depth. */
export type RecordReader = (source: FieldSource, depth: number) => Record<string, unknown>

/** A record gets no other prototype by its keys. */
export const safeKey = (key: string): string => (key === '__proto__' ? '__proto_' : key)

/** Reads the records of any shape, key by key. */
export function readerByKeys(keys: readonly string[]): RecordReader {
  const safeKeys = keys.map(safeKey)
  return (source, depth) => {
    const record: Record<string, unknown> = {}
    for (const key of safeKeys) record[key] = source.value(depth)
    return record
  }
}

// Larger shapes are read by their keys: beside their fields, what code of their own would gain is little.
const maxKeyCount = 32
const maxKeyChars = 1024
// Streams of the same records share the code, which is compiled well by the time that the second of them comes.
const maxCodeCount = 256
const codes = new Map<string, RecordReader>()
// False in a program that forbids code from texts (`--disallow-code-generation-from-strings`).
let mayMakeCode = true

/**
 * Reads the records of one shape with code that is made for it: the record is a literal, and the place in the bytes stays in
 * a register over those fields that are numbers and short texts. Undefined if there is to be none.
 */
export function readerByCode(keys: readonly string[]): RecordReader | undefined {
  if (!mayMakeCode || keys.length > maxKeyCount) return undefined
  const name = JSON.stringify(keys)
  if (name.length > maxKeyChars) return undefined
  let reader = codes.get(name)
  if (reader !== undefined) return reader
  try {
    reader = makeReader(keys)
  } catch {
    mayMakeCode = false
    return undefined
  }
  if (codes.size === maxCodeCount) codes.clear()
  codes.set(name, reader)
  return reader
}

// The kinds in the order of how usual they are. Behind the last byte `code` is undefined, which is none of them.
const fieldCode = (field: string) => `
  code = bytes[at]
  if (code < 0x40) {
    ${field} = code
    at += 1
  } else if ((code & 0xe0) === 0xa0) {
    ${field} = source.textAt(at + 1, code & 0x1f)
    at += 1 + (code & 0x1f)
  } else if (code === 0xce) {
    ${field} = view.getUint32(at + 1)
    at += 5
  } else if (code === 0xcb) {
    ${field} = view.getFloat64(at + 1)
    at += 9
  } else {
    source.at = at
    ${field} = source.value(depth)
    at = source.at
  }`

function makeReader(keys: readonly string[]): RecordReader {
  const fields = keys.map((_, place) => `field${place}`)
  const entries = keys.map((key, place) => `${JSON.stringify(safeKey(key))}: ${fields[place]}`)
  const code = `'use strict'
  const { bytes, view } = source
  let at = source.at
  let ${['code', ...fields].join(', ')}
  ${fields.map(fieldCode).join('\n')}
  source.at = at
  return { ${entries.join(', ')} }`
  // oxlint-disable-next-line typescript/no-implied-eval -- the keys are in it as JSON, and nothing else that is not ours
  return new Function('source', 'depth', code) as RecordReader
}
