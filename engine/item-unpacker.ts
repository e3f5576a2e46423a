import { asBuffer } from './codec.ts'
import { arrayBytes, growth, mapBytes, shapeKeyBytes, slotBytes } from './decoded-size.ts'
import { ProtocolError } from './errors.ts'
import { isCostlyKey, keySlotBytes, maxDepth, maxShapeBytes, maxShapeCount, maxShapeKeyCount } from './packed-items.ts'
import { type FieldSource, type RecordReader, readerByCode, readerByKeys, safeKey } from './record-reader.ts'

// Texts up to this length are cut from a block, which was made a text by a single call; as much is held for the sake of each. So a
// block is only as large as a good part of it is cut to texts.
const longestCutChars = 64
const blockBytes = { least: 64, first: 256, most: 2048 }
const goodPart = 1 / 4
const poorPart = 1 / 8
// So many records of a shape are read by their keys, before code is made for it.
const recordsBeforeCode = 64
// What V8 makes of a record without its fields.
const recordBytes = 56
// The largest item that a packer takes, of empty arrays or of such indexes as cost most, must do where flushes are small.
const leastLimitBytes = 64 * 1024 * 1024

const noBytes = Buffer.alloc(0)
const noView = new DataView(noBytes.buffer)

/** What all records of a shape have in common. */
interface Shape {
  readonly keys: readonly string[]
  /** What one of them takes, without its values. */
  readonly bytes: number
  read: RecordReader
  /** How many are still read by their keys. */
  left: number
}

/**
 * Turns the runs of an `ItemPacker`, in their order, back into items. Each stream has its own, as each has its shapes.
 *
 * What it is given may be any bytes: it takes those forms that an `ItemPacker` writes, makes room for nothing that is not there,
 * and makes no more of a run than its limit allows. A value that ends behind the run is found out at the end of it, as
 * its place only ever goes on: so nothing else has to look where the run ends.
 */
export class ItemUnpacker {
  readonly #source: RunSource

  /** `maxFrameBytes` is the limit of a flush; what becomes of a run may take 16 times as much, and 64 MiB in any case. */
  constructor({ maxFrameBytes }: { readonly maxFrameBytes: number }) {
    this.#source = new RunSource(Math.max(growth * maxFrameBytes, leastLimitBytes))
  }

  /** Keeps nothing of the memory of `run`. Throws `ProtocolError`; it is then spent, and the channel with it. */
  unpack(run: Uint8Array): unknown[] {
    try {
      return this.#source.items(run)
    } catch (error) {
      throw error instanceof ProtocolError ? error : new ProtocolError('undecodable items', { cause: error })
    } finally {
      this.#source.close()
    }
  }
}

/** A run while it is read. */
class RunSource implements FieldSource {
  bytes: Buffer = noBytes
  view: DataView = noView
  at = 0
  #block = ''
  #blockStart = 0
  #blockEnd = 0
  // How large the block was, and how much of it texts were cut of; and how large the next one is to be.
  #blockLength = 0
  #cutLength = 0
  #nextLength = blockBytes.first
  // What the values of a run may take in memory, and what those of this one still may.
  readonly #maxBytes: number
  #roomBytes = 0
  readonly #shapes: Shape[] = []
  #shapeBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  items(run: Uint8Array): unknown[] {
    const bytes = asBuffer(run)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 5
    this.#roomBytes = this.#maxBytes
    if (bytes[0] !== 0xdd) throw new ProtocolError('items that are no array')
    const items = this.#array(this.view.getUint32(1), 0)
    if (this.at !== bytes.byteLength) throw new ProtocolError('items that do not end where their bytes do')
    return items
  }

  close(): void {
    this.bytes = noBytes
    this.view = noView
    this.#block = ''
    this.#blockStart = 0
    this.#blockEnd = 0
  }

  value(depth: number): unknown {
    const { bytes } = this
    const code = bytes[this.at] as number
    if (code >= 0x40 && code < 0x80) return this.#record(depth)
    const at = this.at + 1
    this.at = at
    if (code < 0x40) return code
    if (code >= 0xa0 && code < 0xc0) return this.#text(code & 0x1f)
    if (code >= 0x90 && code < 0xa0) return this.#nested(code & 0x0f, depth)
    switch (code) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xcb:
        this.at = at + 8
        return this.view.getFloat64(at)
      case 0xcc:
        this.at = at + 1
        return bytes[at]
      case 0xce:
        this.at = at + 4
        return this.view.getUint32(at)
      case 0xd2:
        this.at = at + 4
        return this.view.getInt32(at)
      case 0xd4:
        return this.#extension(depth)
      case 0xd9:
        this.at = at + 1
        return this.#middleText(bytes[at] as number)
      case 0xda:
        this.at = at + 2
        return this.#longText(this.view.getUint16(at), 'utf8')
      case 0xdc:
        this.at = at + 2
        return this.#nested(this.view.getUint16(at), depth)
      case 0xdf:
        this.at = at + 4
        return this.#map(this.view.getUint32(at), depth)
      default:
        throw unknownForm(code)
    }
  }

  /** A text of a byte for each character. */
  textAt(at: number, length: number): string {
    const end = at + length
    if (end > this.#blockEnd) this.#readBlock(at, end)
    this.#cutLength += length
    return this.#block.slice(at - this.#blockStart, end - this.#blockStart)
  }

  #readBlock(at: number, end: number): void {
    const { byteLength } = this.bytes
    if (end > byteLength) throw beyond('a text')
    if (this.#cutLength >= this.#blockLength * goodPart)
      this.#nextLength = Math.min(this.#nextLength * 2, blockBytes.most)
    else if (this.#cutLength < this.#blockLength * poorPart)
      this.#nextLength = Math.max(this.#nextLength / 2, blockBytes.least)
    this.#blockStart = at
    this.#blockEnd = Math.min(Math.max(end, at + this.#nextLength), byteLength)
    this.#blockLength = this.#blockEnd - at
    this.#cutLength = 0
    this.#block = this.bytes.toString('latin1', at, this.#blockEnd)
  }

  #text(length: number): string {
    const { at } = this
    this.at = at + length
    return this.textAt(at, length)
  }

  #middleText(length: number): string {
    return length > longestCutChars ? this.#longText(length, 'latin1') : this.#text(length)
  }

  #longText(length: number, encoding: 'latin1' | 'utf8'): string {
    const { at } = this
    this.at = at + length
    if (this.at > this.bytes.byteLength) throw beyond('a text')
    return this.bytes.toString(encoding, at, this.at)
  }

  #nested(length: number, depth: number): unknown[] {
    this.#enter(depth)
    return this.#array(length, depth + 1)
  }

  #array(length: number, depth: number): unknown[] {
    this.#claim(length)
    this.#charge(arrayBytes + length * slotBytes)
    const array = new Array<unknown>(length)
    const { bytes } = this
    for (let i = 0; i < length; i += 1) {
      // What most items are does not go through all the kinds that there are: that takes a fifth of a small record.
      const isRecord = ((bytes[this.at] as number) & 0xc0) === 0x40
      array[i] = isRecord ? this.#record(depth) : this.value(depth)
    }
    return array
  }

  #map(size: number, depth: number): Record<string, unknown> {
    this.#enter(depth)
    this.#claim(2 * size)
    this.#charge(mapBytes + size * slotBytes)
    const record: Record<string, unknown> = {}
    for (let i = 0; i < size; i += 1) {
      const key = this.#key()
      this.#charge(keySlotBytes(key))
      record[safeKey(key)] = this.value(depth + 1)
    }
    return record
  }

  #record(depth: number): Record<string, unknown> {
    const shape = this.#shapes[(this.bytes[this.at] as number) & 0x3f]
    if (shape === undefined) throw new ProtocolError('a record that was not defined')
    this.at += 1
    return this.#fields(shape, depth)
  }

  #fields(shape: Shape, depth: number): Record<string, unknown> {
    this.#enter(depth)
    this.#charge(shape.bytes)
    if (shape.left > 0) this.#getReady(shape)
    return shape.read(this, depth + 1)
  }

  #getReady(shape: Shape): void {
    shape.left -= 1
    if (shape.left === 0) shape.read = readerByCode(shape.keys) ?? shape.read
  }

  /** `undefined`, or a shape and the first record of it. */
  #extension(depth: number): unknown {
    const { at } = this
    this.at = at + 2
    const kind = this.view.getUint16(at)
    if (kind === 0) return undefined
    if (kind !== (0x7240 | this.#shapes.length) || this.#shapes.length === maxShapeCount) {
      throw new ProtocolError('an extension that is no value, and no shape of records that is due')
    }
    const keys = this.#keys()
    const shape: Shape = {
      keys,
      bytes: recordBytes + keys.reduce((sum, key) => sum + keySlotBytes(key), 0),
      read: readerByKeys(keys),
      left: recordsBeforeCode,
    }
    this.#shapes.push(shape)
    return this.#fields(shape, depth)
  }

  #keys(): string[] {
    const start = this.at
    const code = this.bytes[start] as number
    const isLong = code === 0xdc
    if (!isLong && (code & 0xf0) !== 0x90) throw new ProtocolError('a record whose keys are no array')
    this.at = start + (isLong ? 3 : 1)
    const count = isLong ? this.view.getUint16(start + 1) : code & 0x0f
    if (count > maxShapeKeyCount) throw new ProtocolError(`a record of more than ${maxShapeKeyCount} keys`)
    const keys = Array.from({ length: count }, () => this.#key())
    this.#shapeBytes += this.at - start + count * shapeKeyBytes
    if (this.#shapeBytes > maxShapeBytes)
      throw new ProtocolError(`records with keys of more than ${maxShapeBytes} bytes`)
    return keys
  }

  #key(): string {
    const code = this.bytes[this.at] as number
    // No value of another kind is read for it: that may have keys itself.
    if (!((code >= 0xa0 && code < 0xc0) || code === 0xd9 || code === 0xda)) {
      throw new ProtocolError('a key that is no text')
    }
    const key = this.value(maxDepth) as string
    if (isCostlyKey(key)) throw new ProtocolError('a key that is an index of 64 or more')
    return key
  }

  #enter(depth: number): void {
    if (depth >= maxDepth) throw new ProtocolError('an item that is nested too deep')
  }

  /** Each value takes a byte at least. */
  #claim(count: number): void {
    if (count > this.bytes.byteLength - this.at) throw beyond('an array')
  }

  #charge(bytes: number): void {
    this.#roomBytes -= bytes
    if (this.#roomBytes < 0) throw new ProtocolError('items that would take far more room than their bytes')
  }
}

const beyond = (what: string) => new ProtocolError(`${what} that is longer than the items`)

// Behind the last byte there is none.
const unknownForm = (code: number | undefined) =>
  code === undefined ? beyond('an item') : new ProtocolError(`an item of the unknown form ${code.toString(16)}`)
