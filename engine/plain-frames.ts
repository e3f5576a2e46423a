import { type Frame, Kind } from './frame.ts'

const arrayCode = 0x90
const arrayMask = 0xf0
const countMask = 0x0f
// From here on, a byte stands for a record.
const firstRecordCode = 0x40

/**
 * Reads a flush of which every frame is whole numbers and byte arrays alone, as nearly all are that a stream is made of: packed
 * items, and credit for them. Undefined if there is anything else in it, which is for the general decoder; nothing has
 * happened then that it would have to know of.
 *
 * The items of a `yield` are still in `bytes`, to be decoded from there: to copy them takes new memory for each batch, which
 * costs more than everything else here.
 */
export function readPlainFrames(bytes: Buffer, start: number, end: number): Frame[] | undefined {
  const reader = new PlainReader(bytes, start, end)
  const frames = reader.frames()
  if (!reader.isWhole) return undefined
  for (const frame of frames) keepBytes(frame)
  return frames as unknown[] as Frame[]
}

/** Copies what a frame holds of the memory that it was read from, but for packed items. */
function keepBytes(frame: unknown[]): void {
  const isYield = frame[0] === Kind.yield
  for (let i = isYield ? 3 : 1; i < frame.length; i += 1) {
    const entry = frame[i]
    if (!(entry instanceof Uint8Array)) continue
    // Traces come with each batch, and go with it: many of them share memory. Others are kept for as long as somebody likes.
    frame[i] = isYield ? Buffer.from(entry) : Uint8Array.prototype.slice.call(entry)
  }
}

class PlainReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  // Something else came, or less than what was to come.
  #failed = false

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** All was read, to the last byte. */
  get isWhole(): boolean {
    return !this.#failed && this.#at === this.#end
  }

  frames(): unknown[][] {
    const count = this.#arrayLength()
    const frames: unknown[][] = []
    for (let i = 0; i < count && !this.#failed; i += 1) frames.push(this.#frame())
    return frames
  }

  #frame(): unknown[] {
    const count = this.#arrayLength()
    const frame: unknown[] = []
    for (let i = 0; i < count && !this.#failed; i += 1) frame.push(this.#entry())
    return frame
  }

  #arrayLength(): number {
    const code = this.#take(1) ? (this.#bytes[this.#at - 1] as number) : 0
    if ((code & arrayMask) !== arrayCode) this.#failed = true
    return code & countMask
  }

  #entry(): unknown {
    if (!this.#take(1)) return undefined
    const bytes = this.#bytes
    const code = bytes[this.#at - 1] as number
    if (code < firstRecordCode) return code
    switch (code) {
      case 0xcc:
        return this.#take(1) ? bytes[this.#at - 1] : undefined
      case 0xcd:
        return this.#take(2) ? bytes.readUInt16BE(this.#at - 2) : undefined
      case 0xce:
        return this.#take(4) ? bytes.readUInt32BE(this.#at - 4) : undefined
      case 0xcb:
        return this.#take(8) ? bytes.readDoubleBE(this.#at - 8) : undefined
      case 0xc4:
        return this.#take(1) ? this.#byteArray(bytes[this.#at - 1] as number) : undefined
      case 0xc5:
        return this.#take(2) ? this.#byteArray(bytes.readUInt16BE(this.#at - 2)) : undefined
      case 0xc6:
        return this.#take(4) ? this.#byteArray(bytes.readUInt32BE(this.#at - 4)) : undefined
      default:
        this.#failed = true
        return undefined
    }
  }

  #byteArray(length: number): Uint8Array | undefined {
    return this.#take(length) ? this.#bytes.subarray(this.#at - length, this.#at) : undefined
  }

  /** Goes on by so many bytes; false if they are not there. */
  #take(count: number): boolean {
    this.#at += count
    if (this.#at > this.#end) this.#failed = true
    return !this.#failed
  }
}
