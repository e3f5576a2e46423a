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
