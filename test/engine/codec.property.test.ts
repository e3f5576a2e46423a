import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder, Encoder } from '../../engine/codec.ts'
import { ProtocolError } from '../../engine/errors.ts'
import { type Frame, frameFault, Kind } from '../../engine/frame.ts'
import { readyToSend } from '../../engine/ready-to-send.ts'
import { weigh } from '../../engine/weigh.ts'
import { encodableValues } from './encodable-values.ts'
import { returning } from './flush-bytes.ts'

const byteArrays = fc
  .tuple(fc.constantFrom(1, 8191, 8192, 30_000), fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([size, fill, isBuffer]) => (isBuffer ? Buffer.alloc(size, fill) : new Uint8Array(size).fill(fill)))
const withBytes = fc.record({ bytes: byteArrays, list: fc.array(fc.oneof(byteArrays, fc.string()), { maxLength: 3 }) })
const values = fc.oneof({ weight: 4, arbitrary: encodableValues }, withBytes)

const actors = fc.record({ name: fc.string(), id: fc.string() })
const counts = fc.nat()
const nonces = fc.uint8Array({ minLength: 16, maxLength: 64 })
const hellos = fc.oneof(
  fc.record({ version: counts, actor: actors }),
  fc.record({ version: counts, actor: actors, nonce: nonces }),
)
// The codec does not look into them.
const packedItems = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes))
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.tuple(fc.constant(Kind.hello), fc.constant(0 as const), hellos),
  fc.tuple(fc.constant(Kind.proof), fc.constant(0 as const), nonces),
  fc.tuple(fc.constant(Kind.ping), fc.constant(0 as const), counts),
  fc.tuple(fc.constant(Kind.goaway), fc.constant(0 as const), fc.string()),
  fc.tuple(fc.constant(Kind.credit), counts, counts, counts),
  fc.tuple(fc.constant(Kind.cancel), counts, actors, fc.string()),
  fc.tuple(fc.constant(Kind.yield), counts, fc.array(values.map(ready)), counts),
  fc.tuple(fc.constant(Kind.yield), counts, packedItems, counts),
  fc.tuple(fc.constant(Kind.yield), counts, packedItems, counts, packedItems),
  fc.tuple(fc.constant(Kind.started), counts, values.map(ready)),
  fc.tuple(fc.constant(Kind.return), counts, values.map(ready)),
  fc.tuple(fc.constant(Kind.stop), counts),
)

function ready(value: unknown): unknown {
  return readyToSend(value, weigh(value))
}

/** Where to cut: the sizes of the chunks, over and over. */
const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 })

function* chunksOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** A frame as it arrives: with the bytes themselves where an attachment stood for them. */
function arrived(frame: Frame): unknown {
  const whole = new Encoder().encode([frame])
  const [only] = decodeAll(new Decoder(), [Buffer.concat(whole)])
  return only
}

/** The memory of each chunk is used for something else as soon as it was taken in, as that of a socket is. */
function decodeAll(decoder: Decoder, chunks: Iterable<Uint8Array>): Frame[] {
  const result: Frame[] = []
  for (const chunk of chunks) {
    const lent = Uint8Array.from(chunk)
    decoder.push(lent, (frame) => result.push(withOwnItems(frame)))
    lent.fill(0xc1)
  }
  return result
}

/** Packed items are decoded at once, or lost. */
function withOwnItems(frame: Frame): Frame {
  if (frame[0] !== Kind.yield || Array.isArray(frame[2])) return frame
  const [kind, id, items, ...rest] = frame
  return [kind, id, Buffer.from(items), ...rest]
}

const prototypes = [Object, Array, Map, Set, Error, Uint8Array, Function].map(({ prototype }) => prototype as object)
const propertiesOf = () => prototypes.map((prototype) => Reflect.ownKeys(prototype).length)
const untouched = propertiesOf()

/** Decodes for a peer that is trusted and for one that is not, and lets pass the one exception there may be. */
function tryDecode(chunks: Iterable<Uint8Array>): void {
  const all = [...chunks]
  for (const decoder of [new Decoder(1_000_000), new Decoder({ maxFrameBytes: 1_000_000, maxDepth: 128 })]) {
    try {
      for (const frame of decodeAll(decoder, all)) assert(frameFault(frame) === undefined)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  assert.deepEqual(propertiesOf(), untouched)
}

describe('The codec', () => {
  it('gives back every value as it was', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(arrived([Kind.return, 1, ready(value)])).toEqual([Kind.return, 1, value])
      }),
      { numRuns: 500 },
    )
  })

  it('gives back every frame, however the flushes are cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(frames, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
        cuts,
        (flushes, sizes) => {
          const encoder = new Encoder()
          const bytes = Buffer.concat(flushes.flatMap((flush) => encoder.encode(flush)))
          const expected = flushes.flat().map((frame) => arrived(frame))
          expect(decodeAll(new Decoder(), chunksOf(bytes, sizes))).toEqual(expected)
          expect(decodeAll(new Decoder({ maxDepth: 128 }), chunksOf(bytes, sizes))).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('Decoder', () => {
  it('answers garbage with frames or ProtocolError, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, sizes) => {
        tryDecode(chunksOf(Buffer.from(bytes), sizes))
      }),
      { numRuns: 2000 },
    )
  })

  it('answers garbage behind a good header in the same way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), (body, attached) => {
        const head = Buffer.alloc(attached ? 8 : 4)
        const rest = attached ? Math.floor(body.byteLength / 3) : 0
        head.writeUInt32BE(((body.byteLength - rest) | (attached ? 0x8000_0000 : 0)) >>> 0, 0)
        if (attached) head.writeUInt32BE(rest, 4)
        tryDecode([head, body])
      }),
      { numRuns: 3000 },
    )
  })

  it('answers a good flush that was damaged in the same way', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1, maxLength: 4 }), damage, (flush, places) => {
        const bytes = Buffer.concat(new Encoder().encode(flush))
        for (const [at, byte] of places) bytes[at % bytes.byteLength] = byte
        tryDecode([bytes])
      }),
      { numRuns: 1000 },
    )
  })

  it('answers what is put together from pieces of the language in the same way', () => {
    const tokens = fc.integer({ min: 0, max: 255 })
    const lengths = fc.constantFrom(
      [0xdd, 0, 0, 0, 2],
      [0xc9, 0, 0, 0, 4],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xde, 0, 1],
    )
    const extensions = fc
      .tuple(
        fc.constantFrom(0xd4, 0xd5, 0xd6, 0xd7, 0xd8),
        fc.constantFrom(0, 0x42, 0x46, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff),
        tokens,
      )
      .map((bytes) => [...bytes])
    const records = fc.constantFrom(
      [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61],
      [0xd5, 0x72, 0x60, 0, 0x91, 0xa1, 0x62],
      [0x40],
      [0x60, 0],
    )
    const containers = fc.constantFrom([0x90], [0x91], [0x92], [0x93], [0x81], [0x80])
    const pieces = fc.array(
      fc.oneof(
        tokens.map((token) => [token]),
        lengths,
        extensions,
        records,
        containers,
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(pieces, pieces, (first, second) => {
        tryDecode([first, second].map((parts) => returning(...parts.flat())))
      }),
      { numRuns: 5000 },
    )
  })

  it('waits without a word where a flush is cut off', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, at) => {
        const bytes = Buffer.concat(new Encoder().encode([frame]))
        expect(decodeAll(new Decoder(), [bytes.subarray(0, at % bytes.byteLength)])).toEqual([])
      }),
    )
  })
})
