import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { Decoder, Encoder } from '../../engine/codec.ts'
import { FrameTooLargeError, ProtocolError } from '../../engine/errors.ts'
import { type Frame, Kind } from '../../engine/frame.ts'
import { readyToSend } from '../../engine/ready-to-send.ts'
import { attachmentBytes, weigh } from '../../engine/weigh.ts'

const encoderOf = (encoder: Encoder) => (values: readonly unknown[]) =>
  Buffer.concat(encoder.encode(values.map((value) => [Kind.return, 1, readyToSend(value, weigh(value))] as Frame)))

function decode(decoder: Decoder, bytes: Uint8Array): Frame[] {
  const frames: Frame[] = []
  decoder.push(bytes, (frame) => frames.push(frame))
  return frames
}

function copyOf(value: unknown): unknown {
  return decode(new Decoder(), encoderOf(new Encoder())([value]))[0]?.[2]
}

/** The bytes of a flush that no Encoder would write. */
function flush(value: unknown, attached?: { claimed: number; bytes: Uint8Array }): Buffer {
  const packed = new Packr({ sequential: true, moreTypes: true }).pack(value)
  const head = Buffer.alloc(attached === undefined ? 4 : 8)
  head.writeUInt32BE((packed.byteLength | (attached === undefined ? 0 : 0x8000_0000)) >>> 0, 0)
  if (attached !== undefined) head.writeUInt32BE(attached.claimed, 4)
  return Buffer.concat([head, packed, attached?.bytes ?? Buffer.alloc(0)])
}

/** A `return` frame whose value is the bytes of msgpack given here. */
function returning(...msgpack: number[]): Buffer {
  const packed = Buffer.from([0x91, 0x93, Kind.return, 1, ...msgpack])
  return Buffer.concat([Buffer.from([0, 0, 0, packed.byteLength]), packed])
}

const large = (fill: number, bytes = attachmentBytes): Uint8Array => new Uint8Array(bytes).fill(fill)

describe('The codec', () => {
  it('writes a flush without large byte arrays as one part, its length in front', () => {
    const parts = new Encoder().encode([[Kind.stop, 1]])
    expect(parts).toHaveLength(1)
    expect(parts[0]).toEqual(Buffer.from([0, 0, 0, 4, 0x91, 0x92, Kind.stop, 1]))
  })

  it('writes large byte arrays beside the msgpack, as they are', () => {
    const bytes = large(7)
    const parts = new Encoder().encode([[Kind.return, 1, readyToSend(bytes, bytes.byteLength)]])
    expect(parts).toHaveLength(3)
    expect(parts[2]).toBe(bytes)
    expect(parts[1]?.byteLength).toBeLessThan(32)
  })

  it('brings several large byte arrays in one flush, nested ones too', () => {
    const value = { first: large(1), list: [large(2, 10_000), { third: large(3, 70_000) }], small: new Uint8Array(3) }
    const bytes = encoderOf(new Encoder())([value, large(4), 'text'])
    const frames = decode(new Decoder(), bytes)
    expect(frames.map((frame) => frame[2])).toEqual([value, large(4), 'text'])
  })

  it('keeps apart what was a Buffer and what a Uint8Array, of any size', () => {
    for (const size of [10, attachmentBytes, 100_000]) {
      expect(copyOf(large(1, size))).toStrictEqual(large(1, size))
      expect(copyOf(Buffer.alloc(size, 1))).toStrictEqual(Buffer.alloc(size, 1))
    }
  })

  it('gives the sender a copy of its own of what it later changes', () => {
    const value = { list: [1] }
    const bytes = encoderOf(new Encoder())([value])
    value.list.push(2)
    expect(decode(new Decoder(), bytes)[0]?.[2]).toEqual({ list: [1] })
  })

  it('keeps nothing of the memory of a chunk', () => {
    const value = {
      small: Buffer.from('small'),
      large: large(1),
      text: 'text',
      when: new Date(0),
      words: new Uint16Array(3),
    }
    const chunk = encoderOf(new Encoder())([value])
    const [frame] = decode(new Decoder(), chunk)
    chunk.fill(0xff)
    expect(frame?.[2]).toEqual(value)
  })

  it('does not hold on to a large chunk for a small byte array', () => {
    const [small] = decode(new Decoder(), encoderOf(new Encoder())([new Uint8Array(10), 'x'.repeat(100_000)]))
    expect(small?.[2]).toSatisfy((bytes: Uint8Array) => bytes.buffer.byteLength === 10)
  })

  it.each([
    ['one chunk', 1],
    ['several', 3],
  ])('nor to a large flush, which came in %s, for one attachment', (_, count) => {
    const flush = encoderOf(new Encoder())([large(1, attachmentBytes), 'x'.repeat(100_000)])
    const decoder = new Decoder({ givesChunks: true })
    const size = Math.ceil(flush.byteLength / count)
    const [first] = Array.from({ length: count }, (_, i) => flush.subarray(i * size, (i + 1) * size)).flatMap((chunk) =>
      decode(decoder, chunk),
    )
    expect(first?.[2]).toSatisfy((bytes: Uint8Array) => bytes.buffer.byteLength === attachmentBytes)
  })

  it('leaves an attachment in a chunk that was given to it', () => {
    const flush = encoderOf(new Encoder())([large(1, 100_000)])
    const [first] = decode(new Decoder({ givesChunks: true }), flush)
    expect(first?.[2]).toSatisfy((bytes: Uint8Array) => bytes.buffer === flush.buffer)
  })

  it('sends the shape of a record once in the life of a channel', () => {
    const encode = encoderOf(new Encoder())
    const decoder = new Decoder()
    const row = (id: number) => ({ identifier: id, description: `row ${id}` })
    const [first, second] = [encode([row(1)]), encode([row(2)])]
    expect(second.byteLength).toBeLessThan(first.byteLength - 'identifierdescription'.length)
    expect(decode(decoder, first)[0]?.[2]).toEqual(row(1))
    expect(decode(decoder, second)[0]?.[2]).toEqual(row(2))
  })

  it('brings more shapes of records than it remembers', () => {
    const encode = encoderOf(new Encoder())
    const decoder = new Decoder()
    for (let turn = 0; turn < 2; turn += 1) {
      for (let shape = 0; shape < 3000; shape += 50) {
        const rows = Array.from({ length: 50 }, (_, n) => ({ [`a${shape + n}`]: n, [`b${(shape + n) % 7}`]: 'x' }))
        expect(decode(decoder, encode(rows)).map((frame) => frame[2])).toEqual(rows)
      }
    }
  })

  it('takes an end of one flush and the beginning of the next in one chunk', () => {
    const encode = encoderOf(new Encoder())
    const bytes = Buffer.concat([encode(['a']), encode([large(1)]), encode(['b'])])
    const decoder = new Decoder()
    const frames = [...decode(decoder, bytes.subarray(0, 14)), ...decode(decoder, bytes.subarray(14))]
    expect(frames.map((frame) => frame[2])).toEqual(['a', large(1), 'b'])
  })

  it('waits for the rest of a flush that was cut off', () => {
    const bytes = encoderOf(new Encoder())(['hello', large(1)])
    const decoder = new Decoder()
    expect(decode(decoder, bytes.subarray(0, -1))).toEqual([])
    expect(decode(decoder, bytes.subarray(-1))).toHaveLength(2)
  })

  it('makes no prototype of a key that asks for it', () => {
    const value = copyOf(JSON.parse('{ "__proto__": { "admin": true }, "constructor": 1 }')) as Record<string, unknown>
    expect(value['admin']).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})

describe('Decoder', () => {
  it('refuses an oversized flush when its header is in, before the body', () => {
    const decoder = new Decoder(1000)
    expect(() => decode(decoder, Buffer.from([0, 0, 0x03, 0xe8]))).toThrow(FrameTooLargeError)
    expect(() => decode(new Decoder(1000), Buffer.from([0, 0, 0x03, 0xe5]))).toThrow(
      'a frame of 1001 bytes is over the limit of 1000 bytes',
    )
    expect(decode(new Decoder(1000), Buffer.from([0, 0, 0x03, 0xe4]))).toEqual([])
  })

  it('refuses oversized attachments when their length is in', () => {
    const head = Buffer.from([0x80, 0, 0, 4, 0xff, 0xff, 0xff, 0xff])
    expect(() => decode(new Decoder(), head)).toThrow(FrameTooLargeError)
    expect(decode(new Decoder(), head.subarray(0, 7))).toEqual([])
  })

  it.each<[string, Buffer]>([
    ['an empty flush', Buffer.from([0, 0, 0, 0, 0x90])],
    ['a flush that is no array', flush('frames')],
    ['a frame that is none', flush([5])],
    ['a frame of an unknown kind', flush([[99, 1]])],
    ['bytes behind the frames', Buffer.from([0, 0, 0, 2, 0x90, 0x90])],
    ['a string that is longer than the flush', returning(0xd9, 0xff, 0x61)],
    ['an array that is longer than the flush', returning(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['a map that is longer than the flush', returning(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ['an extension that nobody knows', returning(0xd4, 0x11, 0)],
    ['a record that was never defined', returning(0x60, 0x7f)],
    ['nesting without end', Buffer.concat([Buffer.from([0, 0x10, 0, 0]), Buffer.alloc(0x10_0000, 0x91)])],
    ['a value that contains itself', returning(0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1)],
    ['an attachment without a place', returning(0xd4, 0x46, 0)],
    ['an attachment that did not come along', returning(0xd7, 0x46, 0, 0, 0, 0, 0, 0, 0, 1)],
  ])('ends with ProtocolError at %s', (_, bytes) => {
    expect(() => decode(new Decoder(), bytes)).toThrow(ProtocolError)
  })

  it.each<[string, number[]]>([
    ['beginning beyond them', [0, 0, 1, 0, 0, 0, 0, 1]],
    ['ending beyond them', [0, 0, 0, 1, 0, 0, 0, 10]],
    ['of a length that runs over', [0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0xff]],
  ])('refuses an attachment %s', (_, place) => {
    const packed = Buffer.from([0x91, 0x93, Kind.return, 1, 0xd7, 0x46, ...place])
    const head = Buffer.from([0x80, 0, 0, packed.byteLength, 0, 0, 0, 10])
    const bytes = Buffer.concat([head, packed, Buffer.alloc(10)])
    expect(() => decode(new Decoder(), bytes)).toThrow('a frame refers to attached bytes that did not come with it')
  })

  it('takes attachments that nothing refers to as part of the flush', () => {
    const decoder = new Decoder()
    const bytes = flush([[Kind.stop, 3]], { claimed: 5, bytes: Buffer.alloc(5) })
    expect(decode(decoder, Buffer.concat([bytes, bytes]))).toEqual([
      [Kind.stop, 3],
      [Kind.stop, 3],
    ])
  })

  it('hands on the frames before the one that is at fault', () => {
    const frames: Frame[] = []
    const bytes = flush([[Kind.stop, 1], [Kind.credit]])
    expect(() => new Decoder().push(bytes, (frame) => frames.push(frame))).toThrow(ProtocolError)
    expect(frames).toEqual([[Kind.stop, 1]])
  })
})

describe('Encoder', () => {
  it('forgets the attachments of a flush that failed', () => {
    const trap = {
      get late(): unknown {
        throw new Error('changed')
      },
    }
    const bytes = readyToSend([large(1)], attachmentBytes)
    expect(() => new Encoder().encode([[Kind.return, 1, [bytes, trap]]])).toThrow('changed')
    expect(new Encoder().encode([[Kind.stop, 1]])).toHaveLength(1)
  })
})
