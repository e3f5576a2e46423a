import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { TraceIds } from '../../engine/interceptor.ts'
import { TracePacker, TraceReader } from '../../engine/packed-traces.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const text = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), { nil: undefined })
const ids: fc.Arbitrary<TraceIds> = fc.record(
  {
    trace0: int32,
    trace1: int32,
    trace2: int32,
    trace3: int32,
    span0: int32,
    span1: int32,
    baggage: text,
    traceState: text,
  },
  { noNullPrototype: true },
)
// The batches of a stream, each of runs, and in each run the traces of the items at these places.
const run = fc.array(fc.tuple(fc.nat(511), ids), { maxLength: 40 })
const batches = fc.array(fc.array(run, { maxLength: 3 }), { maxLength: 4 })

const nothing = (): TraceIds => ({
  trace0: 0,
  trace1: 0,
  trace2: 0,
  trace3: 0,
  span0: 0,
  span1: 0,
  baggage: 'of another item',
  traceState: 'of another item',
})

function readAll(bytes: Uint8Array | undefined): [number, TraceIds][] {
  const reader = new TraceReader()
  reader.begin(bytes)
  const read: [number, TraceIds][] = []
  for (; reader.index < 2 ** 31 - 1; reader.skip()) {
    const into = nothing()
    reader.read(into)
    read.push([reader.index, into])
  }
  return read
}

describe('TracePacker and TraceReader', () => {
  it('bring the traces of any runs of any batches across, each with the ids and texts of its own', () => {
    fc.assert(
      fc.property(batches, (stream) => {
        const packer = new TracePacker()
        for (const runs of stream) {
          // All runs of a batch are written before any of them is read.
          const packed = runs.map((traces) => {
            for (const [index, each] of traces) packer.add(index, each)
            return packer.takeRun()
          })
          assert.deepStrictEqual(packed.map(readAll), runs)
          packer.clear()
        }
      }),
    )
  })

  it('leave out a text that is longer than the wire can say, and keep the ids', () => {
    const packer = new TracePacker()
    const each = { ...nothing(), span1: 7, baggage: 'x'.repeat(65_536), traceState: 'y'.repeat(65_535) }
    packer.add(3, each)
    assert.deepStrictEqual(readAll(packer.takeRun()), [[3, { ...each, baggage: undefined }]])
  })

  it('come to an end with whatever bytes a peer sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        // Two entries of no texts are the most that so many bytes can be.
        assert(readAll(bytes).length <= bytes.length / 32)
      }),
    )
  })

  it('read all entries that are whole of bytes that end in the midst of one', () => {
    fc.assert(
      fc.property(run, fc.nat(), (traces, cut) => {
        const packer = new TracePacker()
        for (const [index, each] of traces) packer.add(index, each)
        const bytes = packer.takeRun() ?? Buffer.alloc(0)
        const read = readAll(bytes.subarray(0, cut % (bytes.length + 1)))
        assert.deepStrictEqual(read, traces.slice(0, read.length))
      }),
    )
  })
})
