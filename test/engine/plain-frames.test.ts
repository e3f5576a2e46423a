import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Unpackr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { codecOptions, Encoder } from '../../engine/codec.ts'
import { type Frame, Kind } from '../../engine/frame.ts'
import { readPlainFrames } from '../../engine/plain-frames.ts'

const headerBytes = 4

/** The frames as the bytes of a flush, without its header. */
function bytesOf(...frames: Frame[]): Buffer {
  return Buffer.concat(new Encoder().encode(frames)).subarray(headerBytes)
}

const read = (bytes: Buffer) => readPlainFrames(bytes, 0, bytes.byteLength)

// Every kind of number and of length that an encoder writes, and what is next to it.
const numbers = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.nat(2 ** 32 - 1),
  fc.constantFrom(0x3f, 0x40, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
)
const byteArrays = fc
  .tuple(fc.constantFrom(0, 1, 255, 256, 8191), fc.nat(255))
  .map(([size, fill]) => Buffer.alloc(size, fill))
const plainFrames = fc.oneof(
  fc.tuple(fc.constant(Kind.yield), numbers, byteArrays, numbers),
  fc.tuple(fc.constant(Kind.yield), numbers, byteArrays, numbers, byteArrays),
  fc.tuple(fc.constant(Kind.credit), numbers, numbers, numbers),
  fc.tuple(fc.constant(Kind.ping), fc.constant(0 as const), numbers),
  fc.tuple(fc.constant(Kind.stop), numbers),
) as fc.Arbitrary<Frame>

describe('readPlainFrames', () => {
  it('reads frames of numbers and byte arrays', () => {
    fc.assert(
      fc.property(fc.array(plainFrames, { maxLength: 15 }), (frames) => {
        expect(read(bytesOf(...frames))).toEqual(frames)
      }),
    )
  })

  it('leaves everything else to the general decoder', () => {
    for (const frame of [
      [Kind.yield, 1, ['an item'], 8],
      [Kind.return, 1, 'text'],
      [Kind.return, 1, { id: 1 }],
      [Kind.return, 1, -1],
      [Kind.return, 1, undefined],
      [Kind.goaway, 0, 'why'],
    ] satisfies Frame[]) {
      expect(read(bytesOf(frame))).toBeUndefined()
      expect(read(bytesOf([Kind.credit, 1, 2, 3], frame))).toBeUndefined()
    }
  })

  it('leaves a flush of more frames than a byte can count to it, too', () => {
    const frames = Array.from({ length: 16 }, (): Frame => [Kind.stop, 1])
    expect(read(bytesOf(...frames))).toBeUndefined()
  })

  it('reads the items of a yield where they are, and copies what may be kept', () => {
    const bytes = bytesOf([Kind.yield, 1, Buffer.from('items'), 5, Buffer.from('traces')])
    const [frame] = read(bytes) ?? []
    bytes.fill(0)
    expect(frame?.slice(2)).toEqual([Buffer.alloc(5), 5, Buffer.from('traces')])
    const result = bytesOf([Kind.return, 1, Buffer.from('kept')])
    const [kept] = read(result) ?? []
    result.fill(0)
    expect(kept?.[2]).toEqual(Buffer.from('kept'))
  })

  it('takes nothing that is cut off, or has something after it', () => {
    const bytes = bytesOf([Kind.yield, 300, Buffer.alloc(300, 1), 70_000, Buffer.from('traces')], [Kind.stop, 2 ** 40])
    for (let end = 0; end < bytes.byteLength; end += 1) expect(readPlainFrames(bytes, 0, end)).toBeUndefined()
    expect(read(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined()
    expect(readPlainFrames(Buffer.concat([Buffer.alloc(3), bytes]), 3, bytes.byteLength + 3)).toHaveLength(2)
  })

  it('reads whatever it takes as the general decoder does', () => {
    const codes = [0x90, 0x91, 0x92, 0x94, 0xcc, 0xcd, 0xce, 0xcb, 0xc4, 0xc5, 0xc6, 0xc0, 0xd9, 0xdc, 8, 1, 0]
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...codes), fc.nat(255)), { maxLength: 30 }), (values) => {
        const bytes = Buffer.from(values)
        const frames = read(bytes)
        if (frames !== undefined) assert.deepEqual(frames, new Unpackr(codecOptions()).unpack(bytes))
      }),
      { numRuns: 20_000 },
    )
  })
})
