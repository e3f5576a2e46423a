// Without the part that reads long texts natively: loading that takes a tenth of an actor's start.
import { addExtension, Packr, Unpackr } from 'msgpackr/pack'
import { FrameTooLargeError, ProtocolError } from './errors.ts'
import { attachmentCode, errorCode, FlushCheck } from './flush-check.ts'
import { type Frame, frameFault } from './frame.ts'
import { readNatively } from './native-reader.ts'
import { readPlainFrames } from './plain-frames.ts'
import { Attachment } from './weigh.ts'

/**
 * Frames to bytes and back, without any I/O.
 *
 * One flush is `u32 header | [u32 attachment bytes] | msgpack array of frames | attachments`: the header holds the
 * length of the msgpack part in its low 30 bits, and bit 31 says that attachments follow. Attachments are the large
 * byte arrays of the values; inside the msgpack stands only where each begins and how long it is.
 *
 * Both directions of a channel keep one `sequential` Packr and Unpackr for its life: a record's shape is sent once. So a
 * flush that fails to decode leaves nothing to go on with, and the channel ends.
 */

const headerBytes = 4
const lengthMask = 0x3fff_ffff
const attachmentsFlag = 0x8000_0000
// msgpackr leaves this many bytes free at the start of what it packs: room for the header without a copy.
const reserveHeader = 2048 | headerBytes
// In the length of an attachment: it was a Buffer, and not a plain Uint8Array.
const bufferFlag = 0x8000_0000

/** The default limit of one flush. Larger items are refused at their sender, larger flushes before they are buffered. */
export const defaultMaxFrameBytes: number = 16 * 1024 * 1024

// The attachments of the flush that is being packed or unpacked now. Both are synchronous, so one place is enough.
let packing: { parts: Uint8Array[]; bytes: number } = { parts: [], bytes: 0 }
let unpacking: AttachedBytes | undefined

/** The attached bytes of one flush, in one piece or in several, from which its values take theirs. */
class AttachedBytes {
  readonly #pieces: readonly Uint8Array[]
  #piece = 0
  // Where the current piece begins, and up to where the bytes were taken.
  #pieceStart = 0
  #takenTo = 0

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces
  }

  /** In the order of the attachments, so that no two values share their bytes; undefined if they are not there. */
  take(start: number, length: number): Uint8Array | undefined {
    if (start < this.#takenTo) return undefined
    this.#takenTo = start + length
    let piece = this.#pieces[this.#piece]
    while (piece !== undefined && start >= this.#pieceStart + piece.byteLength) {
      this.#pieceStart += piece.byteLength
      this.#piece += 1
      piece = this.#pieces[this.#piece]
    }
    const at = start - this.#pieceStart
    if (piece === undefined || at + length > piece.byteLength) return undefined
    return length === piece.byteLength ? piece : piece.subarray(at, at + length)
  }
}

addExtension({
  Class: Attachment,
  type: attachmentCode,
  pack(value: Attachment) {
    const place = Buffer.allocUnsafe(8)
    place.writeUInt32BE(packing.bytes, 0)
    place.writeUInt32BE((value.bytes.byteLength | (Buffer.isBuffer(value.bytes) ? bufferFlag : 0)) >>> 0, 4)
    packing.parts.push(value.bytes)
    packing.bytes += value.bytes.byteLength
    return place
  },
  unpack(place: Buffer) {
    const size = place.readUInt32BE(4)
    const bytes = unpacking?.take(place.readUInt32BE(0), size & lengthMask)
    if (bytes === undefined) throw new ProtocolError('a frame refers to attached bytes that did not come with it')
    const isBuffer = (size & bufferFlag) !== 0
    if (isBuffer === Buffer.isBuffer(bytes)) return bytes
    const { buffer, byteOffset, byteLength } = bytes
    return isBuffer ? Buffer.from(buffer, byteOffset, byteLength) : new Uint8Array(buffer, byteOffset, byteLength)
  },
})

const errorClasses: ReadonlyMap<unknown, new (message: string, options: ErrorOptions) => Error> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
)

// msgpackr's own reading of an error looks its name up in a plain object, where 'valueOf' and its like are found as well.
addExtension({
  type: errorCode,
  read(parts: unknown) {
    const [name, message, cause] = parts as unknown[]
    const options = cause === undefined ? {} : { cause }
    const text = typeof message === 'string' ? message : ''
    if (name === 'AggregateError') return new AggregateError([], text, options)
    const error = new (errorClasses.get(name) ?? Error)(text, options)
    if (typeof name === 'string' && !errorClasses.has(name)) error.name = name
    // Where it was read is not where it comes from.
    error.stack = `${error.name}: ${text}`
    return error
  },
})

type CodecOptions = ConstructorParameters<typeof Packr>[0]

/** How a Packr and an Unpackr of the wire are set. */
// Made anew for each: msgpackr keeps the record shapes in the options object it is given. Without structuredClone a peer
// cannot send values that contain themselves.
export const codecOptions = (): CodecOptions => ({
  sequential: true,
  maxOwnStructures: 1000,
  moreTypes: true,
  copyBuffers: true,
  structuredClone: false,
})

export class Encoder {
  readonly #packr: Packr = new Packr(codecOptions())

  /**
   * The bytes of one flush, as parts to be written in this order. They are never touched again. A value that throws
   * while it is packed (values are weighed before, so only a getter or proxy can) leaves the encoder spent.
   */
  encode(frames: readonly Frame[]): Uint8Array[] {
    let packed: Buffer
    try {
      packed = (this.#packr.pack as (value: unknown, options: number) => Buffer)(frames, reserveHeader)
    } catch (error) {
      packing = { parts: [], bytes: 0 }
      throw error
    }
    const length = packed.byteLength - headerBytes
    if (packing.parts.length === 0) {
      packed.writeUInt32BE(length, 0)
      return [packed]
    }
    const { parts, bytes } = packing
    packing = { parts: [], bytes: 0 }
    const head = Buffer.allocUnsafe(8)
    head.writeUInt32BE((length | attachmentsFlag) >>> 0, 0)
    head.writeUInt32BE(bytes, 4)
    return [head, packed.subarray(headerBytes), ...parts]
  }
}

export interface DecoderOptions {
  /** The largest flush, its header and attachments included. */
  readonly maxFrameBytes?: number
  /**
   * How deep values may be nested, for a peer that may mean harm: then every flush is checked before it is decoded. Without
   * it, only the stack sets a limit.
   */
  readonly maxDepth?: number
  /** Chunks are not used for anything else once they were pushed; else nothing of their memory is kept. */
  readonly givesChunks?: boolean
}

/** The same memory, as a Buffer. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

// After so many bytes it is worth it.
const nativeAfterBytes = 1024 * 1024
let decodedBytes = 0

/** Counts what msgpackr decodes in this thread; where it is much, msgpackr's native reader takes over, for the codecs there are too. */
function countDecoded(bytes: number): void {
  if (decodedBytes >= nativeAfterBytes) return
  decodedBytes += bytes
  if (decodedBytes >= nativeAfterBytes) readNatively()
}

/**
 * Turns chunks of bytes, cut anywhere, back into frames. Refuses an oversized flush as soon as its header is in. Unless chunks
 * are given to it, it keeps nothing of them: the memory is its owner's again when `push` returns.
 */
export class Decoder {
  /** May be changed at any time, and counts for flushes whose header comes after that: little for a peer that is not known yet. */
  maxFrameBytes: number
  readonly #unpackr: Unpackr = new Unpackr(codecOptions())
  readonly #check: FlushCheck | undefined
  readonly #givesChunks: boolean
  // A flush that is not complete yet is gathered in a buffer of its own final size.
  #gathered: Buffer | undefined
  #filled = 0
  // Fewer bytes than a header needs, left over from the last chunk.
  #rest: Buffer | undefined

  constructor(options: DecoderOptions | number = {}) {
    const {
      maxFrameBytes = defaultMaxFrameBytes,
      maxDepth,
      givesChunks = false,
    } = typeof options === 'object' ? options : { maxFrameBytes: options }
    this.maxFrameBytes = maxFrameBytes
    this.#givesChunks = givesChunks
    if (maxDepth !== undefined) this.#check = new FlushCheck({ maxDepth, maxFrameBytes })
  }

  /**
   * Takes in a chunk and hands on the frames that it completes. What a frame holds is the receiver's, but for packed items: those
   * may be in the chunk's memory, and are to be decoded before `deliver` returns. Throws `ProtocolError`; the decoder is then spent.
   */
  push(chunk: Uint8Array, deliver: (frame: Frame) => void): void {
    let bytes = asBuffer(chunk)
    if (this.#gathered !== undefined) {
      const taken = bytes.copy(this.#gathered, this.#filled)
      this.#filled += taken
      if (this.#filled < this.#gathered.byteLength) return
      const whole = this.#gathered
      this.#gathered = undefined
      this.#unpack(whole, 0, true, deliver)
      bytes = bytes.subarray(taken)
    }
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, bytes])
      this.#rest = undefined
    }
    let position = 0
    for (;;) {
      const available = bytes.byteLength - position
      if (available === 0) return
      const size = available >= headerBytes ? this.#sizeAt(bytes, position) : undefined
      if (size === undefined) {
        this.#rest = Buffer.from(bytes.subarray(position))
        return
      }
      if (size > available) {
        this.#gathered = Buffer.allocUnsafeSlow(size)
        this.#filled = bytes.copy(this.#gathered, 0, position)
        return
      }
      this.#unpack(bytes, position, this.#givesChunks, deliver)
      position += size
    }
  }

  /** Takes in one flush whose attachments come apart from it, as they were written. */
  pushWhole(flush: Uint8Array, attached: readonly Uint8Array[], deliver: (frame: Frame) => void): void {
    const bytes = asBuffer(flush)
    let attachedBytes = 0
    for (const { byteLength } of attached) attachedBytes += byteLength
    this.#checkSize(bytes.byteLength + attachedBytes)
    this.#unpackWith(new AttachedBytes(attached), bytes, 2 * headerBytes, bytes.byteLength, deliver)
  }

  /** The size of the flush at `position`, header included; undefined if the header is not all there yet. */
  #sizeAt(bytes: Buffer, position: number): number | undefined {
    const header = bytes.readUInt32BE(position)
    const length = header & lengthMask
    let size = headerBytes + length
    if ((header & attachmentsFlag) !== 0) {
      if (bytes.byteLength - position < 2 * headerBytes) {
        this.#checkSize(size)
        return undefined
      }
      size += headerBytes + bytes.readUInt32BE(position + headerBytes)
    }
    this.#checkSize(size)
    return size
  }

  #checkSize(size: number): void {
    if (size > this.maxFrameBytes) throw new FrameTooLargeError('a frame', size, this.maxFrameBytes)
  }

  #unpack(bytes: Buffer, position: number, isOurs: boolean, deliver: (frame: Frame) => void): void {
    const header = bytes.readUInt32BE(position)
    const length = header & lengthMask
    const start = position + headerBytes
    if ((header & attachmentsFlag) === 0) return this.#unpackWith(undefined, bytes, start, start + length, deliver)
    const attached = bytes.readUInt32BE(start)
    const end = start + headerBytes + length
    const view = bytes.subarray(end, end + attached)
    // Nobody is to hold on to much memory for the sake of a few bytes in it.
    const kept = isOurs && attached * 2 >= bytes.buffer.byteLength ? view : Uint8Array.prototype.slice.call(view)
    this.#unpackWith(new AttachedBytes([kept]), bytes, start + headerBytes, end, deliver)
  }

  #unpackWith(
    attached: AttachedBytes | undefined,
    bytes: Buffer,
    start: number,
    end: number,
    deliver: (frame: Frame) => void,
  ): void {
    unpacking = attached
    let frames: unknown
    try {
      this.#check?.check(bytes, start, end)
      frames = readPlainFrames(bytes, start, end)
      if (frames === undefined) {
        countDecoded(end - start)
        frames = (this.#unpackr.unpack as (source: Uint8Array, options: object) => unknown)(bytes, { start, end })
      }
    } catch (error) {
      throw error instanceof ProtocolError ? error : new ProtocolError('undecodable bytes', { cause: error })
    } finally {
      unpacking = undefined
    }
    if (!Array.isArray(frames)) throw new ProtocolError('a flush that is not an array of frames')
    for (const frame of frames) {
      const fault = frameFault(frame)
      if (fault !== undefined) throw new ProtocolError(`the peer sent ${fault}`)
      deliver(frame as Frame)
    }
  }
}
