import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../engine/errors.ts'
import { ItemPacker } from '../../engine/item-packer.ts'
import { ItemUnpacker } from '../../engine/item-unpacker.ts'
import { bytesOf, text, uint32 } from './flush-bytes.ts'

const limits = { maxFrameBytes: 1_000_000 }

/** A run of so many items, which are these bytes. */
const runOf = (count: number, ...items: readonly (number | number[] | Buffer)[]) =>
  bytesOf(0xdd, uint32(count), ...items)

const unpack = (...runs: readonly Uint8Array[]) => {
  const unpacker = new ItemUnpacker(limits)
  return runs.flatMap((run) => unpacker.unpack(run))
}

const definition = (id: number, ...keys: string[]) =>
  bytesOf(0xd4, 0x72, 0x40 | id, 0x90 | keys.length, ...keys.map(text))
const longKeys = (id: number) => {
  const key = Buffer.alloc(60_000, 'k')
  return bytesOf(0xd4, 0x72, 0x40 | id, 0x91, 0xda, key.byteLength >> 8, key.byteLength & 0xff, key, 1)
}

const hostile: readonly [string, Buffer, string][] = [
  ['nothing', bytesOf(), 'no array'],
  ['a number', bytesOf(0x05), 'no array'],
  ['an array of the other kind', bytesOf(0x91, 0x45), 'no array'],
  ['half a count', bytesOf(0xdd, 0, 0), 'undecodable'],
  ['more items than bytes', runOf(9), 'an array that is longer than the items'],
  ['four billion items', runOf(0xffff_ffff, 1), 'an array that is longer than the items'],
  ['fewer items than it has', runOf(1, 1, 1), 'do not end where their bytes do'],
  ['an item too few', runOf(2, 0xcc, 1), 'longer than the items'],
  ['the byte that is never used', runOf(1, 0xc1), 'the unknown form c1'],
  ['a short integer of another encoder', runOf(1, 0xff), 'the unknown form ff'],
  ['a map of another encoder', runOf(1, 0x81, 1, 1), 'the unknown form 81'],
  ['half a number', runOf(1, 0xcb, 1, 2), 'undecodable'],
  ['a byte that is not there', runOf(1, 0xcc), 'do not end where their bytes do'],
  ['a short text that is cut', runOf(1, 0xa5, 1), 'a text that is longer than the items'],
  ['a text that is cut', runOf(1, 0xd9, 200, 1), 'a text that is longer than the items'],
  ['a text without a length', runOf(1, 0xd9), 'do not end where their bytes do'],
  ['a wide text that is cut', runOf(1, 0xda, 1, 0, 1), 'a text that is longer than the items'],
  ['an array that is cut', runOf(1, 0x95, 1), 'an array that is longer than the items'],
  ['a long array that is cut', runOf(1, 0xdc, 0xff, 0xff, 1), 'an array that is longer than the items'],
  ['a mapping that is cut', runOf(1, 0xdf, uint32(0xffff_ffff), 1), 'an array that is longer than the items'],
  ['a mapping by numbers', runOf(1, 0xdf, uint32(1), 1, 1), 'a key that is no text'],
  ['nesting without end', runOf(1, Buffer.alloc(900_000, 0x91)), 'nested too deep'],
  ['a record that was not defined', runOf(1, 0x41), 'a record that was not defined'],
  ['a definition out of turn', runOf(1, definition(1, 'a'), 1), 'no shape of records that is due'],
  [
    'a definition over another',
    runOf(2, definition(0, 'a'), 1, definition(0, 'b'), 1),
    'no shape of records that is due',
  ],
  ['an extension', runOf(1, 0xd4, 0x65, 0, 0x93, 1, 1, 1), 'an extension that is no value'],
  ['a record that is keyed by a number', runOf(1, 0xd4, 0x72, 0x40, 0x91, 5, 1), 'a key that is no text'],
  ['a record whose keys are none', runOf(1, 0xd4, 0x72, 0x40, 0xc0, 1), 'whose keys are no array'],
  [
    'a record of 300 keys',
    runOf(1, 0xd4, 0x72, 0x40, 0xdc, 1, 44, Buffer.alloc(300, 0xa0)),
    'a record of more than 128 keys',
  ],
  ['records with keys without end', runOf(5, ...[0, 1, 2, 3, 4].map(longKeys)), 'keys of more than 262144 bytes'],
  ['many small arrays', runOf(4_000_000, Buffer.alloc(4_000_000, 0x90)), 'far more room than their bytes'],
  ['an object that needs room for many entries', runOf(1, 0xdf, uint32(1), text('1023'), 1), 'a key that is an index'],
  ['records of that sort', runOf(1, definition(0, '64'), 1), 'a key that is an index'],
  [
    'many records of small indexes',
    runOf(100_001, definition(0, '63'), 1, Buffer.alloc(200_000, Buffer.from([0x40, 1]))),
    'far more room than their bytes',
  ],
]

describe('ItemUnpacker', () => {
  it.each(hostile)('refuses %s', (_what, run, message) => {
    expect(() => unpack(run)).toThrow(ProtocolError)
    expect(() => unpack(run)).toThrow(message)
  })

  it('takes a shape for each of its 64 numbers, and no further one', () => {
    const ids = Array.from({ length: 65 }, (_, id) => id)
    const items = ids.map((id) => bytesOf(definition(id, `key${id}`), 1))
    expect(unpack(runOf(64, ...items.slice(0, 64))).at(-1)).toEqual({ key63: 1 })
    expect(() => unpack(runOf(65, ...items))).toThrow('no shape of records that is due')
  })

  it('reads the records of a shape as the first of them, by whatever code', () => {
    const packer = new ItemPacker()
    const unpacker = new ItemUnpacker(limits)
    const fields = [
      0,
      63,
      64,
      255,
      256,
      2 ** 31,
      2 ** 32,
      -1,
      0.5,
      NaN,
      true,
      false,
      null,
      undefined,
      '',
      'a',
      'é',
      '€',
    ]
    const others = ['x'.repeat(31), 'x'.repeat(32), 'x'.repeat(3000), [1, ['a']], { inner: { x: 1 } }, [], {}]
    const values = [...fields, ...others]
    const keys = [
      'id',
      'a key',
      '"',
      '\\',
      '\n',
      '\u2028',
      '${x}',
      '*/',
      'at',
      'code',
      'field0',
      'toString',
      '7',
      '€',
      '',
    ]
    // Each value at each key.
    const items = values.map((_, i) =>
      Object.fromEntries(keys.map((key, place) => [key, values[(i + place) % values.length]])),
    )
    for (let round = 0; round < 5; round += 1) {
      for (const item of items) packer.add(item)
      expect(unpacker.unpack(packer.takeRun())).toEqual(items)
      packer.clear()
    }
  })

  it('reads records of more keys than it makes code for', () => {
    const packer = new ItemPacker()
    const item = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i]))
    for (let i = 0; i < 40; i += 1) packer.add(item)
    expect(unpack(packer.takeRun())).toEqual(Array.from({ length: 40 }, () => item))
  })

  it('takes the largest item that is packed, also where flushes are small', () => {
    const packer = new ItemPacker()
    const item = Array.from({ length: 32_700 }, () => [])
    packer.add(item)
    expect(new ItemUnpacker({ maxFrameBytes: 65_536 }).unpack(packer.takeRun())).toEqual([item])
  })

  it('keeps nothing of the memory that it reads from', () => {
    const packer = new ItemPacker()
    const items = ['a'.repeat(10), 'b'.repeat(20), 'c'.repeat(200), 'd'.repeat(2000), '€'.repeat(20)].map((value) => ({
      value,
    }))
    for (const item of items) packer.add(item)
    const run = packer.takeRun()
    const arrived = unpack(run)
    run.fill(0)
    expect(arrived).toEqual(items)
  })

  it.each([1, 40])('gives a key called __proto__ no power, in record %i of its shape', (count) => {
    const evil = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as object
    for (const fillerCount of [0, 64]) {
      const packer = new ItemPacker()
      for (let i = 0; i < fillerCount; i += 1) packer.add({ [`filler${i}`]: 1 })
      for (let i = 0; i < count; i += 1) packer.add(evil)
      const arrived = unpack(packer.takeRun()).at(-1) as Record<string, unknown>
      expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype)
      expect(arrived['polluted']).toBeUndefined()
      expect(arrived['a']).toBe(1)
    }
  })
})
