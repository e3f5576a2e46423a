import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ProtocolError } from '../../engine/errors.ts'
import { ItemPacker } from '../../engine/item-packer.ts'
import { ItemUnpacker } from '../../engine/item-unpacker.ts'

const limits = { maxFrameBytes: 1024 * 1024 }

const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 40 }))
const fields = fc.oneof(
  fc.integer(),
  fc.double().map((n) => (n === 0 ? 0 : n)),
  texts.map((text) => text.toWellFormed()),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.array(fc.nat(300), { maxLength: 20 }),
  fc.record({ x: fc.integer(), name: fc.string().map((text) => text.toWellFormed()) }, { noNullPrototype: true }),
)
const keys = fc.uniqueArray(
  fc.string({ unit: 'binary', maxLength: 20 }).filter((key) => key !== '__proto__' && key !== 'constructor'),
  { minLength: 1, maxLength: 6 },
)
// So many of one shape that code is made for it.
const alikes = keys.chain((names) =>
  fc.array(
    fc
      .tuple(...names.map(() => fields))
      .map((values) => Object.fromEntries(names.map((name, i) => [name.toWellFormed(), values[i]]))),
    { minLength: 1, maxLength: 40 },
  ),
)
const runs = fc.array(fc.oneof(alikes, fc.array(fields, { maxLength: 20 })), { minLength: 1, maxLength: 4 })

function packed(items: readonly unknown[]): Buffer {
  const packer = new ItemPacker()
  for (const item of items) assert(packer.add(item) > 0)
  return Buffer.from(packer.takeRun())
}

/** The items, or undefined if it refuses them. */
function unpacked(bytes: Uint8Array): unknown[] | undefined {
  try {
    return new ItemUnpacker(limits).unpack(bytes)
  } catch (error) {
    assert(error instanceof ProtocolError, error as Error)
    return undefined
  }
}

describe('ItemUnpacker', () => {
  it('gives back what was packed, of whatever shapes, run by run', () => {
    fc.assert(
      fc.property(runs, (itemsByRun) => {
        const packer = new ItemPacker()
        const unpacker = new ItemUnpacker(limits)
        for (const items of itemsByRun.filter(({ length }) => length > 0)) {
          for (const item of items) assert(packer.add(item) > 0)
          assert.deepStrictEqual(unpacker.unpack(packer.takeRun()), items)
          packer.clear()
        }
      }),
    )
  })

  it('refuses each run that is cut, wherever it is', () => {
    fc.assert(
      fc.property(fc.oneof(alikes, fc.array(fields, { minLength: 1, maxLength: 20 })), fc.nat(), (items, place) => {
        const run = packed(items)
        assert.equal(unpacked(run.subarray(0, place % run.byteLength)), undefined)
      }),
    )
  })

  it('has items or a ProtocolError for any bytes, and keeps its own when others follow', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([Buffer.from([0xdd, 0, 0, 0, 3]), tail])),
      fc.tuple(alikes, fc.nat(), fc.nat(255)).map(([items, place, byte]) => {
        const run = packed(items)
        run[place % run.byteLength] = byte
        return run
      }),
    )
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 50 }), (run, behind) => {
        const apart = unpacked(run)
        // What is next to a run in memory is not of it.
        const within = Buffer.concat([behind, run, behind])
        assert.deepStrictEqual(unpacked(within.subarray(behind.byteLength, behind.byteLength + run.byteLength)), apart)
      }),
      { numRuns: 1000 },
    )
  })
})
