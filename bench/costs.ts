// What each step of a small record's way costs, one by one, in this process: nanoseconds an item.
//
// node bench/costs.ts
import { Packr, Unpackr } from 'msgpackr'
import { ItemPacker } from '../engine/item-packer.ts'
import { ItemUnpacker } from '../engine/item-unpacker.ts'
import { median } from './harness/statistics.ts'
import { ItemQueue } from './raw/item-queue.ts'
import { type SmallItem, smallItem, smallItems, smallItemsAsync } from './work/small-items.ts'

const batchCount = 512
const batches = 400
const rounds = 9

const items = Array.from({ length: batchCount }, (_, id) => smallItem(id + 1000))

/** The median over some rounds of how long `work` takes for each item of a batch, after it was compiled. */
async function costOf(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now()
    for (let n = 0; n < batches; n += 1) {
      const done = work()
      if (done instanceof Promise) await done
    }
    times.push(((performance.now() - began) * 1e6) / batches / batchCount)
  }
  return median(times.slice(2))
}

const packer = new ItemPacker()
function pack(): Buffer {
  for (const item of items) packer.add(item)
  const run = packer.takeRun()
  packer.clear()
  return run
}
const unpacker = new ItemUnpacker({ maxFrameBytes: 1024 * 1024 })
// The first run defines the shape of the records; the ones after it are like all others.
unpacker.unpack(pack())
const run = Buffer.from(pack())

const records = { sequential: true, maxOwnStructures: 1000 }
const general = new Packr(records)
const generalUnpackr = new Unpackr(records)
generalUnpackr.unpack(general.pack(items))
const packed = Buffer.from(general.pack(items))

const steps: readonly (readonly [string, () => unknown])[] = [
  ['a function* makes it', () => drain(smallItems(batchCount))],
  ['an async function* makes it', () => drainAsync(smallItemsAsync(batchCount))],
  ['the packer makes bytes of it', pack],
  ['(the same by the general encoder, after a copy)', () => general.pack(items.map((item) => ({ ...item })))],
  ['the decoder makes it of the bytes', () => unpacker.unpack(run)],
  ['(the same without records of its own)', () => generalUnpackr.unpack(packed)],
  ['for await takes it from a next() by hand', () => drainAsync(queueOf(items))],
  ['for of takes it from an array', () => drain(items)],
]

function drain(source: Iterable<SmallItem>): number {
  let sum = 0
  for (const { id } of source) sum += id
  return sum
}

async function drainAsync(source: AsyncIterable<SmallItem>): Promise<number> {
  let sum = 0
  for await (const { id } of source) sum += id
  return sum
}

function queueOf(array: SmallItem[]): ItemQueue<SmallItem> {
  const queue = new ItemQueue<SmallItem>()
  queue.push(array)
  queue.end()
  return queue
}

for (const [name, work] of steps) console.log(`${name.padEnd(50)} ${(await costOf(work)).toFixed(0).padStart(4)} ns`)
