import { describe, expect, it } from 'vitest'
import { Decoder, Encoder } from '../../engine/codec.ts'
import { ProtocolError } from '../../engine/errors.ts'
import { type Frame, Kind } from '../../engine/frame.ts'
import { bytesOf, flushOf, record, returning, text, uint32 } from './flush-bytes.ts'

const limited = (maxDepth = 128, maxFrameBytes = 1_000_000) => new Decoder({ maxDepth, maxFrameBytes })

function decode(decoder: Decoder, ...flushes: readonly Buffer[]): unknown[] {
  const values: unknown[] = []
  for (const bytes of flushes) decoder.push(bytes, (frame) => values.push(frame[2]))
  return values
}

/** An array in an array, and so on, this deep; the innermost holds nothing. */
const nested = (depth: number): unknown[] => (depth === 0 ? [] : [nested(depth - 1)])

const mebibytes = 1024 * 1024
const hostile: [string, Buffer, string | RegExp][] = [
  ['nesting over the limit', returning(Buffer.alloc(200, 0x91), 0), 'is nested too deep'],
  ['nesting without end', flushOf(Buffer.alloc(900_000, 0x91)), 'is nested too deep'],
  [
    'sets in sets without end',
    returning(bytesOf(...Array.from({ length: 300 }, () => [0xd4, 0x73, 0]))),
    'a set that is no array',
  ],
  ['a set of no array', returning(0xd4, 0x73, 0, text('abc')), 'a set that is no array'],
  ['the byte that is never used', returning(0xc1), 'a value of a reserved kind'],
  [
    'a value with a reference to itself',
    returning(0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1),
    'an extension 105',
  ],
  ['a bundle of texts', returning(0xc7, 4, 0x62, 0, 0, 0, 4, 0xc0), 'an extension 98 of 4 bytes'],
  ['an extension that nobody knows', returning(0xd4, 0x11, 0), 'an extension 17 of 1 byte'],
  [
    'an extension that holds another',
    returning(0xc7, 1, 0x65, 0, 0x93, 0xc0, 0xc0, 0xc0),
    'an extension 101 of 1 bytes',
  ],
  ['an error that is no list', returning(0xd4, 0x65, 0, 0xc0), 'an error that is no array'],
  ['an error of one part', returning(0xd4, 0x65, 0, 0x91, 0xc0), 'a malformed error'],
  ['a pattern of one part', returning(0xd4, 0x78, 0, 0x91, 0xa0), 'a malformed pattern'],
  ['a pattern that is an array', returning(0xd4, 0x78, 0, 0x92, 0x90, 0xa0), 'a pattern that is no text'],
  ['a record that was never defined', returning(0x60), 'a record that it has not defined'],
  [
    'a record with a key that is an array',
    returning(0xd4, 0x72, 0x40, 0x91, 0x90, 0),
    'a key of a record that is no text',
  ],
  [
    'a record whose keys are bytes',
    returning(0xd4, 0x72, 0x40, 0xc7, 2, 0x74, 1, 0, 0),
    'the keys of a record that is no array',
  ],
  ['a record whose values are missing', returning(record(0x40, ['a', 'b']), 1), 'longer than its flush'],
  ['an array that claims four billion entries', returning(0xdd, uint32(0xffff_ffff)), 'longer than its flush'],
  ['a map that claims four billion entries', returning(0xdf, uint32(0xffff_ffff)), 'longer than its flush'],
  ['a text that claims four gigabytes', returning(0xdb, uint32(0xffff_ffff)), 'longer than its flush'],
  ['bytes that claim four gigabytes', returning(0xc6, uint32(0xffff_ffff)), 'longer than its flush'],
  ['a binary that claims four gigabytes', returning(0xc9, uint32(0xffff_ffff), 0x74, 0), 'longer than its flush'],
  ['a bigint that claims four gigabytes', returning(0xc9, uint32(0xffff_ffff), 0x42, 0), 'longer than its flush'],
  ['a bigint of no bytes', returning(0xc7, 0, 0x42), 'an extension 66 of 0 bytes'],
  ['a date of five bytes', returning(0xc7, 5, 0xff, 0, 0, 0, 0, 0), 'an extension 255 of 5 bytes'],
  ['an attachment of four bytes', returning(0xd6, 0x46, 0, 0, 0, 0), 'an extension 70 of 4 bytes'],
  ['an attachment that did not come', returning(0xd7, 0x46, uint32(0), uint32(1)), 'attached bytes that did not come'],
  ['more than the flush', bytesOf(flushOf(0x90, 0x90)), 'bytes behind the frames of a flush'],
  ['nothing at all', bytesOf(uint32(0), 0x90), 'longer than its flush'],
  [
    'hundreds of thousands of maps',
    returning(0xdd, uint32(900_000), Buffer.alloc(900_000, 0x80)),
    'far more room than their flush',
  ],
  [
    'hundreds of thousands of arrays',
    returning(0xdd, uint32(900_000), Buffer.alloc(900_000, 0x90)),
    'far more room than their flush',
  ],
  [
    'a hundred thousand errors',
    returning(0xdd, uint32(100_000), Buffer.alloc(700_000, bytesOf(0xd4, 0x65, 0, 0x93, 0xa0, 0xa0, 0xc0))),
    'far more room than their flush',
  ],
  [
    'two thousand records with room for 1024 indexes each',
    returning(0xdd, uint32(2_001), record(0x40, ['1023']), 1, Buffer.alloc(4_000, bytesOf(0x40, 1))),
    'far more room than their flush',
  ],
  [
    'records with many indexes, behind a number that is none',
    returning(
      0xdd,
      uint32(1_001),
      record(0x40, ['9999999999', '1023', '1552', '3321']),
      1,
      2,
      3,
      4,
      Buffer.alloc(5_000, bytesOf(0x40, 1, 2, 3, 4)),
    ),
    'far more room than their flush',
  ],
  [
    'hundreds of thousands of binaries',
    returning(0xdd, uint32(300_000), Buffer.alloc(900_000, bytesOf(0xd4, 0x74, 1))),
    'far more room than their flush',
  ],
]

describe('A decoder with a limit of depth', () => {
  it.each(hostile)('refuses %s', (_, bytes, message) => {
    expect(() => decode(limited(), bytes)).toThrow(ProtocolError)
    expect(() => decode(limited(), bytes)).toThrow(message)
  })

  it('takes values up to the limit, below what their frame wraps them in', () => {
    const decoder = limited(10)
    const encoder = new Encoder()
    const flush = (value: unknown) => Buffer.concat(encoder.encode([[Kind.yield, 1, [value], 1]]))
    expect(decode(decoder, flush(nested(10)))).toEqual([[nested(10)]])
    expect(() => decode(decoder, flush(nested(100)))).toThrow('nested too deep')
  })

  it('takes records with keys that are indexes, where V8 keeps a table of them', () => {
    const flush = returning(0xdd, uint32(2_001), record(0x40, ['4711']), 1, Buffer.alloc(4_000, bytesOf(0x40, 1)))
    expect(decode(limited(), flush)).toEqual([Array.from({ length: 2_001 }, () => ({ 4711: 1 }))])
  })

  it('limits what all records together take, over flushes', () => {
    const decoder = limited(128, 100_000)
    const define = (turn: number) => {
      const keys = Array.from({ length: 100 }, (_, n) => text(`key-${turn}-${n}`))
      return returning(0xd5, 0x72, 0x60, turn, 0xdc, 0, 100, ...keys, Buffer.alloc(100, 0xc0))
    }
    const redefine = returning(record(0x41, ['a', 'b']), 1, 2)
    for (let turn = 0; turn < 10_000; turn += 1) decode(decoder, redefine)
    const defineAll = () => Array.from({ length: 255 }, (_, turn) => decode(decoder, define(turn)))
    expect(defineAll).toThrow('defined records of more than 100000 bytes')
  })

  it('reads records of every kind of id as the decoder does', () => {
    const encoder = new Encoder()
    const decoder = limited()
    for (let turn = 0; turn < 3; turn += 1) {
      for (let shape = 0; shape < 1100; shape += 1) {
        const value = { [`key${shape}`]: turn, nested: { [`inner${shape % 50}`]: shape } }
        const flush = Buffer.concat(encoder.encode([[Kind.return, 1, value]]))
        expect(decode(decoder, flush)).toEqual([value])
      }
    }
  })

  it('reads a record that is defined again as what it is then', () => {
    const flushes = [
      returning(record(0x40, ['a']), 1),
      returning(record(0x40, ['b', 'c']), 2, 3),
      returning(0x40, 4, 5),
      returning(record(0x40, ['d']), record(0x40, ['e', 'f']), 6, 7),
      returning(0x40, 8, 9),
    ]
    const values = [{ a: 1 }, { b: 2, c: 3 }, { b: 4, c: 5 }, { d: { e: 6, f: 7 } }, { e: 8, f: 9 }]
    expect(decode(limited(), ...flushes)).toEqual(values)
    expect(decode(new Decoder(), ...flushes)).toEqual(values)
  })

  it('may begin with a smaller limit of bytes', () => {
    const decoder = limited()
    decoder.maxFrameBytes = 100
    expect(decode(decoder, returning(text('short')))).toEqual(['short'])
    expect(() => decode(decoder, returning(0xd9, 200, Buffer.alloc(200, 'x')))).toThrow(
      'is over the limit of 100 bytes',
    )
    const other = limited()
    other.maxFrameBytes = 100
    const both = bytesOf(returning(text('in')), returning(0xd9, 200, Buffer.alloc(200, 'x')))
    const values: unknown[] = []
    other.push(both, (frame: Frame) => {
      values.push(frame[2])
      other.maxFrameBytes = 1000
    })
    expect(values).toEqual(['in', 'x'.repeat(200)])
  })
})

describe('A decoder without a limit of depth', () => {
  it('ends with ProtocolError at 16 MiB of nesting', () => {
    expect(() => decode(new Decoder(), flushOf(Buffer.alloc(16 * mebibytes - 4, 0x91)))).toThrow(ProtocolError)
  })
})

describe.each([
  ['any decoder', () => new Decoder()],
  ['a decoder with a limit of depth', () => limited()],
])('To %s a hostile peer', (_, open) => {
  it('brings no prototype, by no key', () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
    const admin = bytesOf(record(0x41, ['admin']), 0xc3)
    const values = keys.map(() => admin)
    const decoder = open()
    const flushes = [
      returning(record(0x40, keys), values),
      ...Array.from({ length: 5 }, () => returning(0x40, values)),
      returning(
        0x85,
        keys.map((key) => [text(key), admin]),
      ),
    ]
    for (const value of decode(decoder, ...flushes)) {
      expect([Object, Map]).toContain(Object.getPrototypeOf(value).constructor)
      expect(Object.hasOwn(value as object, '__proto__')).toBe(false)
    }
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })

  it('brings no code in the keys of a record', () => {
    const keys = ['a:r(),b', 'get x', '"]: process.exit(1), ["', '\u2028', "');throw 1//", '...x', 'async *y']
    const flush = returning(record(0x40, keys), Buffer.alloc(keys.length, 1))
    const again = returning(0x40, Buffer.alloc(keys.length, 1))
    const decoder = open()
    for (const value of decode(decoder, flush, again, again, again, again, again)) {
      expect(value).toEqual(Object.fromEntries(keys.map((key) => [key, 1])))
    }
  })

  it.each(['valueOf', 'constructor', '__proto__', '__defineGetter__', 'toString', 'MyOwnError'])(
    'brings an error called %s as an error',
    (name) => {
      const [error] = decode(open(), returning(0xd4, 0x65, 0, 0x93, text(name), text('hi'), 0xc0)) as [Error]
      expect(Object.getPrototypeOf(error)).toBe(Error.prototype)
      expect(error).toMatchObject({ name, message: 'hi', cause: null })
    },
  )

  it('brings an AggregateError with its message', () => {
    const [error] = decode(open(), returning(0xd4, 0x65, 0, 0x93, text('AggregateError'), text('all'), 0xd4, 0, 0))
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({ message: 'all', errors: [] })
    expect(Object.hasOwn(error as object, 'cause')).toBe(false)
  })

  it('brings an error without a message that can be read as one without', () => {
    const [error] = decode(open(), returning(0xd4, 0x65, 0, 0x93, 0x90, 0x80, 0xd4, 0, 0)) as [Error]
    expect(error).toMatchObject({ name: 'Error', message: '' })
  })

  it('brings a pattern unused, and none that is malformed', () => {
    const pattern = (source: string) => returning(0xd4, 0x78, 0, 0x92, text(source), text('u'))
    expect(decode(open(), pattern('(a+)+$'))).toEqual([/(a+)+$/u])
    expect(() => decode(open(), pattern('(a+'))).toThrow(ProtocolError)
  })

  it('brings texts that are not UTF-8 with replacements in them', () => {
    for (const length of [3, 20, 70]) {
      const invalid = Buffer.alloc(length, Buffer.from([0x61, 0xff, 0xc0]))
      const [value] = decode(open(), returning(0xd9, length, invalid)) as [string]
      expect(value).toMatch(/^(a\uFFFD\uFFFD)*(a\uFFFD?)?$/)
    }
  })

  it('brings binaries of no more bytes than came', () => {
    expect(decode(open(), returning(0xc7, 5, 0x74, 1, 1, 2, 3, 4))).toEqual([Uint8Array.of(1, 2, 3, 4)])
    expect(() => decode(open(), returning(0xc7, 4, 0x74, 8, 1, 2, 3))).toThrow(ProtocolError)
    expect(() => decode(open(), returning(0xc7, 4, 0x74, 99, 1, 2, 3))).toThrow(ProtocolError)
  })

  it('brings large bigints in a moment', () => {
    const bytes = Buffer.alloc(500_000, 0x7f)
    const [value] = decode(open(), returning(0xc9, uint32(bytes.byteLength), 0x42, bytes))
    expect((value as bigint) >> 3_999_980n).toBe(0x7f7f7n)
  })

  it('cannot have two values share their attached bytes', () => {
    const place = (start: number, length: number) => [0xd7, 0x46, uint32(start), uint32(length)]
    const flush = (...places: (number | Buffer)[][]) => {
      const packed = bytesOf(0x91, 0x93, 10, 1, 0x90 + places.length, places)
      return bytesOf(uint32((packed.byteLength | 0x8000_0000) >>> 0), uint32(10), packed, Buffer.alloc(10, 7))
    }
    const [value] = decode(open(), flush(place(0, 4), place(4, 6)))
    expect(value).toEqual([new Uint8Array(4).fill(7), new Uint8Array(6).fill(7)])
    expect(() => decode(open(), flush(place(0, 4), place(3, 6)))).toThrow('attached bytes that did not come')
    expect(() => decode(open(), flush(place(0, 10), place(0, 10)))).toThrow(ProtocolError)
    expect(() => decode(open(), flush(place(0, 11)))).toThrow(ProtocolError)
  })
})
