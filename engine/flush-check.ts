import { arrayBytes, growth, indexedBytes, mapBytes, shapeKeyBytes, slotBytes } from './decoded-size.ts'
import { ProtocolError } from './errors.ts'

/** What the check of one direction of a channel allows. */
export interface FlushCheckOptions {
  /** How deep a value may be nested. */
  readonly maxDepth: number
  /**
   * The limit of a flush. All records that the peer defines may take as much, and the values of one flush, once they are
   * decoded, 16 times as much.
   */
  readonly maxFrameBytes: number
}

// A frame wraps a value in arrays and mappings of its own. Most of all an error: its causes are eight deep.
const frameDepth = 24
// What else is only here counts in memory.
const binaryBytes = 250
const dateBytes = 100
const errorBytes = 1000

// What V8 takes for the index of an array.
const indexPattern = /^(?:0|[1-9]\d{0,9})$/
const maxIndex = 2 ** 32 - 2
const maxIndexDigits = 10

/** The shape of a record, as much of it as is needed to know how many values follow. */
interface Shape {
  readonly keyCount: number
  readonly bytes: number
  /** What each of its records takes besides a slot for each value. */
  readonly ownBytes: number
  /** Its id has a second byte, and that one is 0: then a reference to it has one as well. */
  readonly hasSecondByte: boolean
}

const undefinedCode = 0x00
const bigintCode = 0x42
/** Our extension code for a byte array that travels beside the msgpack. */
export const attachmentCode = 0x46
/** msgpackr's code for an error inside a value. */
export const errorCode = 0x65
const recordCode = 0x72
const setCode = 0x73
const binaryCode = 0x74
const regExpCode = 0x78
const dateCode = 0xff

/**
 * Goes over the bytes of a flush before they are decoded, for peers that may mean harm, and lets through only what an
 * `Encoder` writes. So nothing is decoded, or made room for, that goes deeper than allowed, claims to be longer than it is,
 * or uses what msgpackr could read but the wire has no use for (references, bundled strings, unknown extensions).
 *
 * It keeps in step with the decoder about which records the peer has defined, so it has to see every flush of a direction.
 * It neither recurses nor copies.
 */
export class FlushCheck {
  readonly #maxDepth: number
  readonly #maxFrameBytes: number
  readonly #shapes = new Map<number, Shape>()
  #shapeBytes = 0
  // What the values of this flush may still take.
  #budgetBytes = 0
  #bytes: Buffer = Buffer.alloc(0)
  #position = 0
  #end = 0
  // How many values are still to come at each level.
  #open: number[] = []

  constructor(options: FlushCheckOptions) {
    this.#maxDepth = options.maxDepth + frameDepth
    this.#maxFrameBytes = options.maxFrameBytes
  }

  /** Throws `ProtocolError`, after which the direction is spent. */
  check(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
    this.#budgetBytes = growth * this.#maxFrameBytes
    const open = [1]
    this.#open = open
    while (open.length > 0) {
      const level = open.length - 1
      const count = open[level] ?? 0
      if (count === 0) open.length = level
      else {
        open[level] = count - 1
        this.#value()
      }
    }
    if (this.#position !== end) throw new ProtocolError('bytes behind the frames of a flush')
    this.#bytes = Buffer.alloc(0)
  }

  #value(): void {
    const token = this.#uint(1)
    if (token < 0x40 || token >= 0xe0) return
    if (token < 0x80) return this.#record(token & 0x3f)
    if (token < 0x90) return this.#enter((token & 0x0f) * 2, mapBytes)
    if (token < 0xa0) return this.#enter(token & 0x0f)
    if (token < 0xc0) return this.#skip(token & 0x1f)
    switch (token) {
      case 0xc0: // null
      case 0xc2: // false
      case 0xc3: // true
        return
      case 0xcc: // integers of 1 byte
      case 0xd0:
        return this.#skip(1)
      case 0xcd: // of 2
      case 0xd1:
        return this.#skip(2)
      case 0xca: // and floats, of 4
      case 0xce:
      case 0xd2:
        return this.#skip(4)
      case 0xcb: // and of 8
      case 0xcf:
      case 0xd3:
        return this.#skip(8)
      case 0xc4: // bytes
        this.#charge(binaryBytes)
        return this.#skip(this.#uint(1))
      case 0xc5:
        this.#charge(binaryBytes)
        return this.#skip(this.#uint(2))
      case 0xc6:
        this.#charge(binaryBytes)
        return this.#skip(this.#uint(4))
      case 0xd9: // texts
        return this.#skip(this.#uint(1))
      case 0xda:
        return this.#skip(this.#uint(2))
      case 0xdb:
        return this.#skip(this.#uint(4))
      case 0xdc: // arrays
        return this.#enter(this.#uint(2))
      case 0xdd:
        return this.#enter(this.#uint(4))
      case 0xde: // maps
        return this.#enter(this.#uint(2) * 2, mapBytes)
      case 0xdf:
        return this.#enter(this.#uint(4) * 2, mapBytes)
      case 0xc7: // extensions
        return this.#extension(this.#uint(1))
      case 0xc8:
        return this.#extension(this.#uint(2))
      case 0xc9:
        return this.#extension(this.#uint(4))
      case 0xd4:
        return this.#smallExtension()
      case 0xd5:
        return this.#bytes[this.#position] === recordCode ? this.#defineLongRecord() : this.#extension(2)
      case 0xd6:
        return this.#extension(4)
      case 0xd7:
        return this.#extension(8)
      case 0xd8:
        return this.#extension(16)
      default:
        throw new ProtocolError('the peer sent a value of a reserved kind')
    }
  }

  /** An extension that holds its own bytes. */
  #extension(length: number): void {
    const code = this.#uint(1)
    const allowed =
      (code === bigintCode && length > 0) ||
      (code === binaryCode && length > 0) ||
      (code === attachmentCode && length === 8) ||
      (code === dateCode && (length === 4 || length === 8 || length === 12))
    if (!allowed) throw new ProtocolError(`the peer sent an extension ${code} of ${length} bytes`)
    if (code !== bigintCode) this.#charge(code === dateCode ? dateBytes : binaryBytes)
    this.#skip(length)
  }

  /** An extension of one byte: for most of them a value follows, which is what they are made of. */
  #smallExtension(): void {
    const code = this.#uint(1)
    const byte = this.#uint(1)
    switch (code) {
      case undefinedCode:
      case bigintCode:
        return
      case dateCode:
        return this.#charge(dateBytes)
      case binaryCode:
        return this.#charge(binaryBytes)
      case recordCode:
        return this.#defineRecord(byte & 0x3f, false)
      case setCode:
        return this.#enter(this.#arrayLength('a set'), mapBytes)
      case errorCode:
        if (this.#arrayLength('an error') !== 3) throw new ProtocolError('the peer sent a malformed error')
        return this.#enter(3, errorBytes)
      case regExpCode:
        if (this.#arrayLength('a pattern') !== 2) throw new ProtocolError('the peer sent a malformed pattern')
        this.#charge(errorBytes)
        this.#text('a pattern')
        this.#text('a pattern')
        return
      default:
        throw new ProtocolError(`the peer sent an extension ${code} of 1 byte`)
    }
  }

  #defineLongRecord(): void {
    this.#skip(1)
    const id = this.#uint(1) & 0x3f
    const high = this.#uint(1)
    const at = (high << 5) + id
    // The decoder has two number ranges for ids with a second byte.
    this.#defineRecord(id < 32 ? -at : at, high === 0)
  }

  /** The keys, and after them the values of a first record of that shape. */
  #defineRecord(id: number, hasSecondByte: boolean): void {
    const start = this.#position
    const keyCount = this.#arrayLength('the keys of a record')
    if (keyCount * shapeKeyBytes > this.#maxFrameBytes) this.#refuseShapes()
    const indexes: number[] = []
    for (let key = 0; key < keyCount; key += 1) {
      const index = this.#key()
      if (index !== undefined) indexes.push(index)
    }
    const bytes = this.#position - start + keyCount * shapeKeyBytes
    this.#shapeBytes += bytes - (this.#shapes.get(id)?.bytes ?? 0)
    if (this.#shapeBytes > this.#maxFrameBytes) this.#refuseShapes()
    const ownBytes = arrayBytes + indexedBytes(indexes) - indexes.length * slotBytes
    this.#shapes.set(id, { keyCount, bytes, hasSecondByte, ownBytes })
    this.#enter(keyCount, ownBytes)
  }

  #refuseShapes(): never {
    throw new ProtocolError(`the peer defined records of more than ${this.#maxFrameBytes} bytes`)
  }

  #record(id: number): void {
    let shape = this.#shapes.get(id)
    if (shape?.hasSecondByte) {
      const high = this.#uint(1)
      const at = id + (high << 5)
      if (high > 0) shape = this.#shapes.get(id < 32 ? -at : at)
    }
    if (shape === undefined) throw new ProtocolError('the peer sent a record that it has not defined')
    this.#enter(shape.keyCount, shape.ownBytes)
  }

  /** A key of a record; its number if it is an index. */
  #key(): number | undefined {
    const length = this.#text('a key of a record')
    if (length === 0 || length > maxIndexDigits) return undefined
    const text = this.#bytes.toString('latin1', this.#position - length, this.#position)
    return indexPattern.test(text) && Number(text) <= maxIndex ? Number(text) : undefined
  }

  #enter(count: number, ownBytes = arrayBytes): void {
    if (count > this.#end - this.#position)
      throw new ProtocolError('the peer sent a value that is longer than its flush')
    // The flush and its frames are arrays themselves.
    if (this.#open.length - 3 > this.#maxDepth) throw new ProtocolError('the peer sent a value that is nested too deep')
    this.#charge(ownBytes + count * slotBytes)
    this.#open.push(count)
  }

  #charge(bytes: number): void {
    this.#budgetBytes -= bytes
    if (this.#budgetBytes < 0)
      throw new ProtocolError('the peer sent values that would take far more room than their flush')
  }

  #arrayLength(what: string): number {
    const token = this.#uint(1)
    if (token >= 0x90 && token < 0xa0) return token & 0x0f
    if (token === 0xdc) return this.#uint(2)
    if (token === 0xdd) return this.#uint(4)
    throw new ProtocolError(`the peer sent ${what} that is no array`)
  }

  /** Goes over a text; returns how many bytes it has. */
  #text(what: string): number {
    const length = this.#textLength(what)
    this.#skip(length)
    return length
  }

  #textLength(what: string): number {
    const token = this.#uint(1)
    if (token >= 0xa0 && token < 0xc0) return token & 0x1f
    if (token === 0xd9) return this.#uint(1)
    if (token === 0xda) return this.#uint(2)
    if (token === 0xdb) return this.#uint(4)
    throw new ProtocolError(`the peer sent ${what} that is no text`)
  }

  #uint(byteCount: 1 | 2 | 4): number {
    const at = this.#position
    this.#skip(byteCount)
    const bytes = this.#bytes
    if (byteCount === 1) return bytes[at] ?? 0
    return byteCount === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at)
  }

  #skip(byteCount: number): void {
    this.#position += byteCount
    if (this.#position > this.#end) throw new ProtocolError('the peer sent a value that is longer than its flush')
  }
}
