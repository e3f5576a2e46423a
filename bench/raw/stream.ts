// A stream from process to process, written by hand, and nothing more: no cancellation, no error, no credit, no end that
// could not be told from a crash. What an engine can at most reach.
//
// stream.ts --count N [--source loop|generator] [--hops 1|2] [--size BYTES]
import { parseArgs } from 'node:util'
import { report } from '../work/figures.ts'
import { largeItems } from '../work/large-items.ts'
import { type SmallItem, smallItemArrays, smallItemsAsync } from '../work/small-items.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { AskedStream } from './asked-stream.ts'
import { FrameReader, FrameWriter, parentSocket, startPeer } from './link.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    source: { type: 'string', default: 'loop' },
    hops: { type: 'string', default: '1' },
    size: { type: 'string', default: '0' },
    role: { type: 'string', default: 'sink' },
  },
})
const arrayCount = 256
const itemBytes = Number(values.size)

async function writeAll(writer: FrameWriter, count: number): Promise<void> {
  if (itemBytes > 0) {
    for (const item of largeItems(count, itemBytes)) if (!writer.write([item])) await writer.drained()
  } else if (values.source === 'generator') {
    let items: SmallItem[] = []
    for await (const item of smallItemsAsync(count)) {
      if (items.push(item) < arrayCount) continue
      if (!writer.write(items)) await writer.drained()
      items = []
    }
    if (items.length > 0) writer.write(items)
  } else {
    for (const items of smallItemArrays(count, arrayCount)) if (!writer.write(items)) await writer.drained()
  }
  writer.write([])
}

function beSource(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket)
  new FrameReader(socket, (count) => void writeAll(writer, count as number))
}

function beMap(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket)
  const source = new AskedStream<SmallItem>(
    startPeer(import.meta.filename, ['--role', 'source', '--source', values.source]).socket,
  )
  new FrameReader(socket, (count) => void mapAll(writer, source, count as number))
}

async function mapAll(writer: FrameWriter, source: AskedStream<SmallItem>, count: number): Promise<void> {
  let items: SmallItem[] = []
  for await (const { id, value, ts } of source.items(count)) {
    if (items.push({ id, value, ts: ts + 1 }) < arrayCount) continue
    if (!writer.write(items)) await writer.drained()
    items = []
  }
  if (items.length > 0) writer.write(items)
  writer.write([])
}

async function beSink(): Promise<void> {
  const role = values.hops === '2' ? 'map' : 'source'
  const args = ['--role', role, '--source', values.source, '--size', values.size]
  const peer = new AskedStream<SmallItem>(startPeer(import.meta.filename, args).socket)
  const drain = drainBy((count) => peer.items(count))
  report(await rateOf(drain, Number(values.count), { itemBytes }))
  peer.end()
}

if (values.role === 'source') beSource()
else if (values.role === 'map') beMap()
else await beSink()
