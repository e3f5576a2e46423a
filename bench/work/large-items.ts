/** What a stream of bulk data carries. Its bytes are the sender's, and are not changed. */
export interface LargeItem {
  readonly id: number
  readonly bytes: Buffer
}

/** Buffers of that size, made anew for each item, as bytes that were read from somewhere are. */
export function* largeItems(count: number, size: number): Generator<LargeItem> {
  for (let id = 0; id < count; id += 1) {
    const bytes = Buffer.allocUnsafeSlow(size)
    bytes.writeUInt32LE(id, 0)
    bytes.writeUInt32LE(id, size - 4)
    yield { id, bytes }
  }
}
