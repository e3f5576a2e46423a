/** The fields of protobuf messages, as bytes: for what is written once. What is written often is copied and filled in. */
export type Field = Uint8Array

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

function varint(value: number | bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return bytes
}

const tag = (number: number, type: number): number[] => varint((number << 3) | type)

/** A message, or a text, inside another: its fields one after the other. */
export function messageField(number: number, ...parts: Field[]): Field {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([lengthPrefix(number, length), ...parts])
}

/** What comes before the bytes of a field. */
export function lengthPrefix(number: number, length: number): Field {
  return Buffer.from([...tag(number, wireTypes.bytes), ...varint(length)])
}

export function textField(number: number, text: string): Field {
  return messageField(number, Buffer.from(text))
}

/** A whole number, negative ones too, or a truth value. */
export function intField(number: number, value: number): Field {
  return Buffer.from([...tag(number, wireTypes.varint), ...varint(value)])
}

// Of seven bits each: more items than a stream has in a year.
export const paddedBytes = 7

/** A whole number from 0 up that is still to be written, by `writePaddedVarint`: its bytes are the last of the field. */
export function openIntField(number: number): Field {
  const start = tag(number, wireTypes.varint)
  const field = Buffer.from([...start, ...new Array<number>(paddedBytes).fill(0)])
  writePaddedVarint(field, start.length, 0)
  return field
}

/** Writes a number with as many bytes whatever it is: that one goes on is all that its first bit says. */
export function writePaddedVarint(bytes: Uint8Array, at: number, value: number): void {
  let low = value % 0x10000000
  let high = (value - low) / 0x10000000
  for (let i = 0; i < 4; i += 1) {
    bytes[at + i] = (low & 0x7f) | 0x80
    low >>>= 7
  }
  bytes[at + 4] = (high & 0x7f) | 0x80
  high >>>= 7
  bytes[at + 5] = (high & 0x7f) | 0x80
  bytes[at + 6] = (high >>> 7) & 0x7f
}

export function doubleField(number: number, value: number): Field {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([Buffer.from(tag(number, wireTypes.fixed64)), bytes])
}

export function fixed64Field(number: number, bytes: Uint8Array): Field {
  return Buffer.concat([Buffer.from(tag(number, wireTypes.fixed64)), bytes])
}

export function fixed32Field(number: number, value: number): Field {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([Buffer.from(tag(number, wireTypes.fixed32)), bytes])
}
