import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Decoder, Encoder } from '../../engine/codec.ts'
import { type Frame, Kind } from '../../engine/frame.ts'
import { ItemUnpacker } from '../../engine/item-unpacker.ts'
import { OutgoingItems } from '../../engine/outgoing-items.ts'
import { encodableValues } from './encodable-values.ts'

const maxFrameBytes = 16 * 1024 * 1024

const numbers = fc.oneof(
  fc.integer(),
  fc.double().map((n) => (n === 0 ? 0 : n)),
  fc.constantFrom(0x3f, 0x40, 0xff, 0x100, 2 ** 31, 2 ** 32, -33),
)
const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 60 }))
const fields = fc.oneof(
  numbers,
  texts,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.array(numbers, { maxLength: 20 }),
)
const records = fc.record(
  { id: numbers, name: texts, at: fields, inner: fc.record({ x: fields, y: fields }, { noNullPrototype: true }) },
  { requiredKeys: [], noNullPrototype: true },
)
// Few kinds of keys in many orders, and some that are new each time.
const shapes = fc.dictionary(fc.constantFrom('a', 'b', 'c', '0', '1', 'toString', 'length'), fields, {
  noNullPrototype: true,
})
const dictionaries = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fields,
  { maxKeys: 5, noNullPrototype: true },
)
const items = fc.oneof(records, shapes, dictionaries, fields, encodableValues)

type Step = { item: unknown; takeAfter: boolean }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ item: items.map((item) => (Object.is(item, -0) ? 0 : item)), takeAfter: fc.nat(5).map((n) => n === 0) }),
  { maxLength: 200 },
)

/** One stream, from its sender to its receiver, bytes and all. */
function transport(sent: readonly Step[], maxDepth: number | undefined): { arrived: unknown[]; weights: boolean } {
  const outgoing = new OutgoingItems(1, () => undefined)
  const encoder = new Encoder()
  const limits = maxDepth === undefined ? { maxFrameBytes } : { maxFrameBytes, maxDepth }
  const decoder = new Decoder(limits)
  const unpacker = new ItemUnpacker(limits)
  const arrived: unknown[] = []
  let [weight, weightOfFrames] = [0, 0]
  const take = () => {
    const frames: Frame[] = []
    outgoing.take(frames)
    decoder.push(Buffer.concat(encoder.encode(frames)), (frame) => {
      assert(frame[0] === Kind.yield)
      arrived.push(...(Array.isArray(frame[2]) ? frame[2] : unpacker.unpack(frame[2])))
      weightOfFrames += frame[3]
    })
  }
  for (const { item, takeAfter } of sent) {
    weight += outgoing.add(item, maxFrameBytes)
    if (takeAfter) take()
  }
  take()
  return { arrived, weights: weight === weightOfFrames }
}

describe('OutgoingItems', () => {
  it('brings any mixture of items across as they are, in order, with the weight that was counted', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(undefined, 128), (sent, maxDepth) => {
        const { arrived, weights } = transport(sent, maxDepth)
        assert.deepStrictEqual(
          arrived,
          sent.map(({ item }) => item),
        )
        assert(weights)
      }),
    )
  })
})
