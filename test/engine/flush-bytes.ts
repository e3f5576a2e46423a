/** Flushes that no `Encoder` would write, put together from bytes. */

type Part = number | string | Uint8Array | readonly Part[]

export function bytesOf(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return Buffer.from([part])
      if (typeof part === 'string') return Buffer.from(part)
      return part instanceof Uint8Array ? part : bytesOf(...part)
    }),
  )
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A flush of these msgpack bytes. */
export function flushOf(...parts: readonly Part[]): Buffer {
  const packed = bytesOf(...parts)
  return bytesOf(uint32(packed.byteLength), packed)
}

/** A flush of one `return` frame, whose value is these msgpack bytes. */
export function returning(...value: readonly Part[]): Buffer {
  return flushOf(0x91, 0x93, 10, 1, value)
}

/** A short text of msgpack. */
export function text(value: string): Buffer {
  return bytesOf(0xa0 + Buffer.byteLength(value), value)
}

/** The definition of a record, which stands where its first value does; that comes behind it. */
export function record(id: number, keys: readonly string[]): Buffer {
  return bytesOf(0xd4, 0x72, id, 0x90 + keys.length, ...keys.map(text))
}
