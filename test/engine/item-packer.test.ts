import { describe, expect, it } from 'vitest'
import { ProtocolError, UsageError } from '../../engine/errors.ts'
import { ItemPacker } from '../../engine/item-packer.ts'
import { ItemUnpacker } from '../../engine/item-unpacker.ts'

const limits = { maxFrameBytes: 16 * 1024 * 1024 }

function open() {
  const packer = new ItemPacker()
  const unpacker = new ItemUnpacker(limits)
  return {
    packer,
    unpacker,
    /** What arrives of the items that it takes. */
    across(...items: unknown[]): unknown[] {
      for (const item of items) packer.add(item)
      const arrived = unpacker.unpack(packer.takeRun())
      packer.clear()
      return arrived
    },
  }
}

describe('ItemPacker', () => {
  it('keeps an item as it was when it was added', () => {
    const { packer, unpacker } = open()
    const item = { id: 1, tags: ['a'], inner: { x: 1 } }
    packer.add(item)
    item.id = 2
    item.tags.push('b')
    item.inner.x = 2
    expect(unpacker.unpack(packer.takeRun())).toEqual([{ id: 1, tags: ['a'], inner: { x: 1 } }])
  })

  it('says how many bytes an item takes, and defines a shape of records once', () => {
    const { packer } = open()
    const first = packer.add({ id: 1, name: 'abc' })
    const second = packer.add({ id: 2, name: 'def' })
    expect(second).toBe(1 + 1 + 4)
    expect(first).toBe(second + 3 + 'id'.length + 1 + 'name'.length + 1 - 1 + 1)
  })

  it.each([
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(3)],
    ['an instance of a class', new (class Point {})()],
    ['an error', new Error('no')],
    ['a function', () => undefined],
    ['a symbol', Symbol('s')],
    ['a text of 64 KiB', 'x'.repeat(65_536)],
    ['a text whose bytes are too many for it', '\u20ac'.repeat(30_000)],
    ['an array of 40,000', new Array(40_000).fill(0)],
    ['many texts that are too long together', new Array(100).fill('y'.repeat(1000))],
  ])('leaves %s to the general encoder, inside of an item as well', (_what, value) => {
    const { packer, across } = open()
    expect(packer.add(value)).toBe(0)
    expect(packer.add({ before: { x: 1 }, value })).toBe(0)
    expect(packer.add(['before', [value]])).toBe(0)
    expect(packer.count).toBe(0)
    expect(across({ before: { x: 1 } })).toEqual([{ before: { x: 1 } }])
  })

  it('leaves what is nested deep to it, and what contains itself', () => {
    const { packer } = open()
    const cycle: Record<string, unknown> = { a: 1 }
    cycle['self'] = cycle
    expect(packer.add([[[[[[[[[1]]]]]]]]])).toBe(0)
    expect(packer.add(cycle)).toBe(0)
  })

  it('forgets the shapes of an item that it has given up', () => {
    const { packer, across } = open()
    expect(packer.add({ inner: { x: 1 }, after: { y: 1n } })).toBe(0)
    expect(across({ y: 1 }, { x: 2 }, { inner: { x: 1 }, after: { y: 1 } })).toEqual([
      { y: 1 },
      { x: 2 },
      { inner: { x: 1 }, after: { y: 1 } },
    ])
  })

  it('forgets the shapes inside of a record that turns out to be of another shape', () => {
    const { across } = open()
    const items = [
      { first: 1, last: 1 },
      { first: { new: 1 }, other: 1 },
      { new: 2 },
      { first: { new: 1 }, last: { new: 3 } },
      { first: { new: 1 } },
    ]
    expect(across(...items)).toEqual(items)
  })

  it('takes records of a thousand shapes, in any order', () => {
    const { across } = open()
    const items = Array.from({ length: 3000 }, (_, i) => ({ id: i, [`key${i % 1000}`]: 'x', [`${i % 7}`]: i }))
    expect(across(...items)).toEqual(items)
    expect(across(...items.toReversed())).toEqual(items.toReversed())
  })

  it('keeps the runs that were taken before, also when its buffer grows', () => {
    const { packer, unpacker } = open()
    packer.add('first')
    const first = packer.takeRun()
    const many = Array.from({ length: 500 }, (_, i) => `item ${i}`)
    for (const item of many) packer.add(item)
    expect(unpacker.unpack(first)).toEqual(['first'])
    expect(unpacker.unpack(packer.takeRun())).toEqual(many)
  })

  it('has room for whatever is in a record that looks like the one before, wherever its buffer ends', () => {
    const text = 'a'.repeat(31)
    for (const fields of [
      [text, text, text],
      [0.5, 300, 0.5],
      [text, 0.5, text, 0.5],
      [true, null, 'ab€', { x: text }],
    ]) {
      for (let length = 0; length < 200; length += 1) {
        const { packer, across } = open()
        packer.add('x'.repeat(length))
        const items = Array.from({ length: 20 }, () =>
          Object.fromEntries(fields.map((field, place) => [`k${place}`, field])),
        )
        expect(across(...items)).toEqual(['x'.repeat(length), ...items])
      }
    }
  })

  it('reads and writes texts of all kinds', () => {
    const { across } = open()
    const texts = [
      '',
      'a'.repeat(31),
      'a'.repeat(32),
      'a'.repeat(300),
      'é'.repeat(50),
      'ab€',
      '𝄞'.repeat(20),
      '\ud800',
      '\0',
    ]
    expect(across(...texts)).toEqual(texts.map((text) => text.toWellFormed()))
  })

  it('refuses an item that a getter of another one sends', () => {
    const { packer, across } = open()
    const item = {
      get inner() {
        return packer.add('inner')
      },
    }
    expect(() => packer.add(item)).toThrow(UsageError)
    expect(across('after')).toEqual(['after'])
  })

  it('throws what a getter throws, and goes on without the item', () => {
    const { packer, across } = open()
    const item = {
      first: { shape: 1 },
      get broken() {
        throw new RangeError('broken')
      },
    }
    expect(() => packer.add(item)).toThrow(RangeError)
    expect(across({ shape: 2 })).toEqual([{ shape: 2 }])
  })
})

describe('ItemUnpacker', () => {
  it('throws a ProtocolError for bytes that are no items', () => {
    for (const bytes of [[], [0xc1], [0x05], [0x91, 0x45], [0xdd, 0, 0, 0, 9]]) {
      expect(() => new ItemUnpacker({ ...limits, maxDepth: 128 }).unpack(Uint8Array.from(bytes))).toThrow(ProtocolError)
    }
    for (const bytes of [[], [0xc1], [0x05], [0xdd, 0, 0, 0, 9]]) {
      expect(() => new ItemUnpacker(limits).unpack(Uint8Array.from(bytes))).toThrow(ProtocolError)
    }
  })

  it('gives a key called __proto__ no power', () => {
    const { packer } = open()
    const evil = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as object
    for (let i = 0; i < 64; i += 1) packer.add({ [`filler${i}`]: 1 })
    packer.add(evil)
    const [arrived] = new ItemUnpacker(limits).unpack(packer.takeRun()).slice(-1) as [Record<string, unknown>]
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype)
    expect(arrived['polluted']).toBeUndefined()
    expect(arrived['a']).toBe(1)
  })
})
