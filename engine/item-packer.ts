import { shapeKeyBytes } from './decoded-size.ts'
import { UsageError } from './errors.ts'
import { grownBuffer } from './grown-buffer.ts'
import {
  isCostlyKey,
  maxDepth,
  maxShapeBytes,
  maxShapeCount,
  maxShapeKeyCount,
  middleTextChars,
  shortTextChars,
} from './packed-items.ts'

// Larger items are for the general encoder: what it costs an item is little beside what they cost.
const maxItemBytes = 32 * 1024

const firstBytes = 1024
// The header of the array: one that says the count in four bytes, as it is known only at the end.
const headerBytes = 5
// Any number, or the header of anything.
const tokenBytes = 9
// What a character takes at the most (a pair of surrogates is two).
const charBytes = 3

/** The keys of a record, in their order: a node of a tree in which each key leads to the next. */
interface Shape {
  readonly keys: readonly string[]
  readonly next: Map<string, Shape>
  /** What its definition counts at the most. */
  readonly maxBytes: number
  /** The number that stands for it; undefined while no record of that shape was written. */
  id: number | undefined
}

const noShapes = (): undefined[] => new Array<undefined>(maxDepth).fill(undefined)

/** Writes a number, which takes no more than a token's bytes. Returns where it ends. */
function writeNumber(bytes: Buffer, view: DataView, at: number, value: number): number {
  // Negative zero is an integer too: it arrives as 0.
  if (value >>> 0 === value) {
    // From 0x40 on, a byte stands for a record.
    if (value < 0x40) {
      bytes[at] = value
      return at + 1
    }
    if (value < 0x100) {
      bytes[at] = 0xcc
      bytes[at + 1] = value
      return at + 2
    }
    bytes[at] = 0xce
    view.setUint32(at + 1, value)
    return at + 5
  }
  if (value >> 0 === value) {
    bytes[at] = 0xd2
    view.setInt32(at + 1, value)
    return at + 5
  }
  bytes[at] = 0xcb
  view.setFloat64(at + 1, value)
  return at + 9
}

/** Writes a short text of a byte for each character, with its length. Returns where it ends, or -1 if a character has no byte. */
function writeLatin1(bytes: Buffer, at: number, text: string): number {
  const { length } = text
  const textAt = at + 1
  bytes[at] = 0xa0 | length
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i)
    if (code >= 0x100) return -1
    bytes[textAt + i] = code
  }
  return textAt + length
}

const shapeOf = (keys: readonly string[], maxBytes: number): Shape => ({
  keys,
  next: new Map(),
  maxBytes,
  id: undefined,
})

const maxKeyBytes = (key: string) => shapeKeyBytes + tokenBytes + key.length * charBytes

/**
 * Turns the items of one stream into bytes as they are sent, those of docs/protocol.md, "Packed items", with the record shapes
 * of this stream alone. So nobody needs a copy of an item until its batch is written, its exact weight is known, and what most
 * items are (records of texts and numbers) costs half of what the general encoder takes. Whatever it does not know it
 * leaves to that one.
 *
 * The bytes of a run are read before the next item is added after `takeRun()`: there is one buffer, and it is used again.
 */
export class ItemPacker {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #stopAt = 0
  #runStart = 0
  #count = 0
  #packing = false
  readonly #root = shapeOf([], tokenBytes)
  readonly #shapes: Shape[] = []
  // Beside the array, and the next one with as many places as it will ever have: an array that is empty as yet is of another kind
  // than one with something in it, and what was compiled for the streams before would not do for a new one.
  #shapeCount = 0
  // What the definitions of all of them count at the most.
  #shapeBytes = 0
  // The same of all keys in the tree: those of shapes that came to nothing are there, too.
  #treeBytes = 0
  // What the last record at that depth looked like: most often the next one looks the same.
  readonly #lastShapes: (Shape | undefined)[] = noShapes()

  /** How many items the run has. */
  get count(): number {
    return this.#count
  }

  /** True for what an item's getter calls. */
  get isAdding(): boolean {
    return this.#packing
  }

  /**
   * Adds an item to the run. Returns how many bytes it takes, or 0 if it is one for the general encoder. Throws what a getter
   * inside it throws.
   */
  add(item: unknown): number {
    // Whatever is half written would end up inside this one.
    if (this.#packing) throw new UsageError('an item was sent while another one of the stream was read, by its getter')
    if (this.#count === 0) this.#beginRun()
    const start = this.#at
    const shapeCount = this.#shapeCount
    let done = false
    this.#packing = true
    this.#stopAt = start + maxItemBytes
    try {
      done = this.#write(item, 0)
    } finally {
      this.#packing = false
      if (!done) this.#undo(this.#count === 0 ? this.#runStart : start, shapeCount)
    }
    if (!done) return 0
    this.#count += 1
    return this.#at - start
  }

  /** The bytes of the run, an array of its items; they hold until the next item is added to a run after it. */
  takeRun(): Buffer {
    this.#bytes[this.#runStart] = 0xdd
    this.#view.setUint32(this.#runStart + 1, this.#count)
    this.#count = 0
    return this.#bytes.subarray(this.#runStart, this.#at)
  }

  /** All runs have been written: their room may be used again. */
  clear(): void {
    this.#at = 0
  }

  #beginRun(): void {
    this.#runStart = this.#at
    this.#reserve(headerBytes)
    this.#at += headerBytes
  }

  /** As if the item had never been tried. */
  #undo(start: number, shapeCount: number): void {
    this.#at = start
    if (this.#shapeCount === shapeCount) return
    for (const shape of this.#shapes.splice(shapeCount)) {
      shape.id = undefined
      this.#shapeBytes -= shape.maxBytes
    }
    this.#shapeCount = shapeCount
    this.#lastShapes.fill(undefined)
  }

  #reserve(byteCount: number): void {
    if (this.#at + byteCount <= this.#bytes.byteLength) return
    // The runs before this one are read from the buffer that they were written to.
    this.#bytes = grownBuffer(this.#bytes, this.#at, byteCount)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** False if the value is not one for this encoder; then what was written of it is worth nothing. */
  #write(value: unknown, depth: number): boolean {
    if (this.#at + tokenBytes > this.#bytes.byteLength) this.#reserve(tokenBytes)
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        this.#at = writeNumber(this.#bytes, this.#view, this.#at, value)
        return true
      case 'boolean':
        this.#bytes[this.#at++] = value ? 0xc3 : 0xc2
        return true
      case 'undefined':
        this.#bytes[this.#at++] = 0xd4
        this.#bytes[this.#at++] = 0
        this.#bytes[this.#at++] = 0
        return true
      case 'object':
        if (value === null) {
          this.#bytes[this.#at++] = 0xc0
          return true
        }
        if (depth === maxDepth || this.#at > this.#stopAt) return false
        if (value.constructor === Object) return this.#record(value as Record<string, unknown>, depth)
        return Array.isArray(value) && this.#array(value, depth)
      default:
        return false
    }
  }

  #text(text: string): boolean {
    const { length } = text
    if (length < shortTextChars) {
      if (this.#at + 1 + length > this.#bytes.byteLength) this.#reserve(1 + length)
      const end = writeLatin1(this.#bytes, this.#at, text)
      if (end > 0) {
        this.#at = end
        return true
      }
    }
    return this.#anyText(text)
  }

  /** A text that is not short, or has characters above Latin-1. */
  #anyText(text: string): boolean {
    const { length } = text
    if (length > maxItemBytes) return false
    if (this.#at + tokenBytes + length * charBytes > this.#bytes.byteLength) {
      this.#reserve(tokenBytes + length * charBytes)
    }
    const bytes = this.#bytes
    const at = this.#at
    const isMiddle = length >= shortTextChars && length < middleTextChars
    const textAt = at + (isMiddle ? 2 : 3)
    const written = bytes.write(text, textAt)
    if (isMiddle) {
      // As many bytes as characters are those of ASCII.
      if (written === length) {
        bytes[at] = 0xd9
        bytes[at + 1] = length
        this.#at = textAt + length
        return true
      }
      bytes.copyWithin(at + 3, textAt, textAt + written)
    }
    if (written > 0xffff) return false
    bytes[at] = 0xda
    this.#view.setUint16(at + 1, written)
    this.#at = at + 3 + written
    return this.#at <= this.#stopAt
  }

  #array(array: readonly unknown[], depth: number): boolean {
    const { length } = array
    if (length > maxItemBytes) return false
    if (length < 0x10) this.#bytes[this.#at++] = 0x90 | length
    else {
      this.#bytes[this.#at] = 0xdc
      this.#view.setUint16(this.#at + 1, length)
      this.#at += 3
    }
    for (let i = 0; i < length; i += 1) if (!this.#write(array[i], depth + 1)) return false
    return this.#at <= this.#stopAt
  }

  /**
   * A record that looks like the last one at its depth. Numbers and short texts, which most fields are, are written without the
   * way round by `#write`: so the place in the buffer stays in a register, and is not a field of this object that is read and
   * written with each byte. For texts that is spelt out once more: a call would cost a tenth of the record.
   */
  #record(record: Record<string, unknown>, depth: number): boolean {
    const shape = this.#lastShapes[depth]
    if (shape?.id === undefined) return this.#recordByKeys(record, depth)
    const { keys } = shape
    const start = this.#at
    const shapeCount = this.#shapeCount
    let bytes = this.#bytes
    let at = start
    bytes[at++] = 0x40 | shape.id
    let i = 0
    for (const key in record) {
      // Another shape: all over again.
      if (key !== keys[i]) {
        this.#undo(start, shapeCount)
        return this.#recordByKeys(record, depth)
      }
      i += 1
      const field = record[key]
      if (typeof field === 'number') {
        if (at + tokenBytes > bytes.byteLength) {
          this.#at = at
          this.#reserve(tokenBytes)
          bytes = this.#bytes
        }
        at = writeNumber(bytes, this.#view, at, field)
        continue
      }
      if (typeof field === 'string' && field.length < shortTextChars) {
        const { length } = field
        if (at + 1 + length > bytes.byteLength) {
          this.#at = at
          this.#reserve(1 + length)
          bytes = this.#bytes
        }
        bytes[at] = 0xa0 | length
        let c = 0
        for (; c < length; c += 1) {
          const code = field.charCodeAt(c)
          if (code >= 0x100) break
          bytes[at + 1 + c] = code
        }
        if (c === length) {
          at += 1 + length
          continue
        }
      }
      this.#at = at
      if (!(typeof field === 'string' ? this.#anyText(field) : this.#write(field, depth + 1))) return false
      at = this.#at
      bytes = this.#bytes
    }
    this.#at = at
    if (i === keys.length) return at <= this.#stopAt
    this.#undo(start, shapeCount)
    return this.#recordByKeys(record, depth)
  }

  /** The long way: looks for the shape, or begins one. */
  #recordByKeys(record: Record<string, unknown>, depth: number): boolean {
    const keys = Object.keys(record)
    const shape = this.#findShape(keys)
    if (shape === undefined) return this.#map(record, keys, depth)
    if (shape.id !== undefined) this.#bytes[this.#at++] = 0x40 | shape.id
    else if (!this.#define(shape)) return false
    for (const key of keys) if (!this.#write(record[key], depth + 1)) return false
    this.#lastShapes[depth] = shape
    return this.#at <= this.#stopAt
  }

  /** Undefined when there are too many already. */
  #findShape(keys: readonly string[]): Shape | undefined {
    if (keys.length > maxShapeKeyCount) return undefined
    const mayGrow = this.#shapeCount < maxShapeCount && this.#treeBytes < maxShapeBytes
    let shape = this.#root
    for (const [i, key] of keys.entries()) {
      let next = shape.next.get(key)
      if (next === undefined) {
        if (!mayGrow || isCostlyKey(key)) return undefined
        next = shapeOf(keys.slice(0, i + 1), shape.maxBytes + maxKeyBytes(key))
        shape.next.set(key, next)
        this.#treeBytes += maxKeyBytes(key)
      }
      shape = next
    }
    if (shape.id !== undefined) return shape
    return mayGrow && this.#shapeBytes + shape.maxBytes <= maxShapeBytes ? shape : undefined
  }

  #define(shape: Shape): boolean {
    shape.id = this.#shapeCount
    this.#shapeCount = this.#shapes.push(shape)
    this.#shapeBytes += shape.maxBytes
    this.#bytes[this.#at++] = 0xd4
    this.#bytes[this.#at++] = 0x72
    this.#bytes[this.#at++] = 0x40 | shape.id
    return this.#array(shape.keys, maxDepth - 1)
  }

  #map(record: Record<string, unknown>, keys: readonly string[], depth: number): boolean {
    this.#bytes[this.#at++] = 0xdf
    this.#view.setUint32(this.#at, keys.length)
    this.#at += 4
    for (const key of keys) {
      if (isCostlyKey(key)) return false
      if (!this.#write(key, maxDepth) || !this.#write(record[key], depth + 1)) return false
    }
    return this.#at <= this.#stopAt
  }
}
