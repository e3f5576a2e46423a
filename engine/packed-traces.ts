import { asBuffer } from './codec.ts'
import { grownBuffer } from './grown-buffer.ts'
import type { TraceIds } from './interceptor.ts'

// The place of the item, four numbers for its trace and two for the span, and how long its two texts are.
const entryBytes = 32
const maxTextBytes = 0xffff
const firstBytes = 16 * entryBytes

/**
 * Writes the traces of the sampled items of a batch as they travel: an entry for each, in their order (docs/protocol.md). The
 * bytes of a run are read before the next item after `takeRun()`: there is one buffer, and it is used again.
 */
export class TracePacker {
  #bytes: Buffer | undefined
  #at = 0
  #runStart = 0

  /** Adds the trace of the item at that place of the run. A text that is too long to travel is left out. */
  add(index: number, { trace0, trace1, trace2, trace3, span0, span1, baggage, traceState }: TraceIds): void {
    const baggageBytes = bytesOf(baggage)
    const stateBytes = bytesOf(traceState)
    const bytes = this.#reserve(entryBytes + baggageBytes + stateBytes)
    const at = this.#at
    bytes.writeUInt32BE(index, at)
    bytes.writeInt32BE(trace0, at + 4)
    bytes.writeInt32BE(trace1, at + 8)
    bytes.writeInt32BE(trace2, at + 12)
    bytes.writeInt32BE(trace3, at + 16)
    bytes.writeInt32BE(span0, at + 20)
    bytes.writeInt32BE(span1, at + 24)
    bytes.writeUInt16BE(baggageBytes, at + 28)
    bytes.writeUInt16BE(stateBytes, at + 30)
    this.#at = at + entryBytes
    if (baggageBytes > 0) this.#at += bytes.write(baggage ?? '', this.#at)
    if (stateBytes > 0) this.#at += bytes.write(traceState ?? '', this.#at)
  }

  /** The entries since the last run; undefined if there are none. */
  takeRun(): Buffer | undefined {
    if (this.#at === this.#runStart) return undefined
    const run = this.#bytes?.subarray(this.#runStart, this.#at)
    this.#runStart = this.#at
    return run
  }

  /** All runs have been written: their room may be used again. */
  clear(): void {
    this.#at = 0
    this.#runStart = 0
  }

  // Most streams carry no trace, and need no buffer.
  #reserve(byteCount: number): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(firstBytes)
    // The runs before this one are read from the buffer that they were written to.
    if (this.#at + byteCount > this.#bytes.length) this.#bytes = grownBuffer(this.#bytes, this.#at, byteCount)
    return this.#bytes
  }
}

function bytesOf(text: string | undefined): number {
  if (text === undefined) return 0
  const length = Buffer.byteLength(text)
  return length > maxTextBytes ? 0 : length
}

const none: Buffer = Buffer.alloc(0)
// Past every index; a whole number like them, which is compared faster than Infinity.
const nowhere = 2 ** 31 - 1

/** Reads entry after entry of what a `TracePacker` wrote, or a peer that may have written anything. */
export class TraceReader {
  #bytes: Buffer = none
  // Where the entry begins, and where it ends.
  #at = 0
  #endAt = 0
  /** The place of the item that the entry is of; past all places once there is none any more. */
  index: number = nowhere

  begin(bytes: Uint8Array | undefined): void {
    this.#bytes = bytes === undefined ? none : asBuffer(bytes)
    this.#look(0)
  }

  /** Goes on to the next entry. */
  skip(): void {
    this.#look(this.#endAt)
  }

  /** Writes what the entry says. */
  read(into: TraceIds): void {
    const bytes = this.#bytes
    const at = this.#at
    into.trace0 = bytes.readInt32BE(at + 4)
    into.trace1 = bytes.readInt32BE(at + 8)
    into.trace2 = bytes.readInt32BE(at + 12)
    into.trace3 = bytes.readInt32BE(at + 16)
    into.span0 = bytes.readInt32BE(at + 20)
    into.span1 = bytes.readInt32BE(at + 24)
    into.baggage = undefined
    into.traceState = undefined
    if (this.#endAt - at > entryBytes) this.#readTexts(into)
  }

  #readTexts(into: TraceIds): void {
    const stateAt = this.#at + entryBytes + this.#bytes.readUInt16BE(this.#at + 28)
    into.baggage = this.#textOf(this.#at + entryBytes, stateAt)
    into.traceState = this.#textOf(stateAt, this.#endAt)
  }

  #textOf(start: number, end: number): string | undefined {
    return start === end ? undefined : this.#bytes.toString('utf8', start, end)
  }

  // Of an entry that is not all there nothing can be known, nor of any after it.
  #look(at: number): void {
    const bytes = this.#bytes
    this.#at = at
    this.#endAt = at + entryBytes
    if (this.#endAt <= bytes.length) this.#endAt += bytes.readUInt16BE(at + 28) + bytes.readUInt16BE(at + 30)
    this.index = this.#endAt <= bytes.length ? Math.min(bytes.readUInt32BE(at), nowhere) : nowhere
  }
}
