import { describe, expect, it } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
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
    ['a text of 40 KB in 20,000 characters', 'é'.repeat(20_000)],
    ['an array of 40,000', new Array(40_000).fill(0)],
    ['an object whose keys need room for many entries', { 64: 'x' }],
    ['one of many keys of that sort', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [i, i]))],
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

  it('writes records with their keys once the keys of all shapes would be more than its reader takes', () => {
    const { packer, across } = open()
    const items = Array.from({ length: 40 }, (_, i) => ({ [`${i}`.padEnd(20_000, 'k')]: i }))
    expect(across(...items, ...items)).toEqual([...items, ...items])
    const [first] = items
    expect(packer.add(first)).toBeLessThan(10)
    expect(packer.add(items.at(-1))).toBeGreaterThan(20_000)
  })

  it('remembers only so many keys of items that it gave up', () => {
    const { packer } = open()
    packer.add({ known: 1 })
    for (let i = 0; i < 20_000; i += 1) packer.add({ [`key${i}`]: 1n })
    expect(packer.add({ known: 2 })).toBe(2)
    packer.add({ late: 1 })
    expect(packer.add({ late: 2 })).toBe(5 + 1 + 'late'.length + 1)
  })

  it('takes keys that are numbers where they are small, or large', () => {
    const items = [{ 0: 1, 63: 2 }, { 10_000: 1, 123_456_789: 2 }, { '064': 1 }, { '-70': 1 }, { '70.5': 1 }]
    expect(open().across(...items)).toEqual(items)
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
      'a'.repeat(255),
      'a'.repeat(256),
      'é'.repeat(31),
      'é'.repeat(50),
      'aé'.repeat(127),
      'ÿ',
      'Ā',
      'ab€',
      '€'.repeat(255),
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
