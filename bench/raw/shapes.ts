// A stream from process to process, of records of many shapes, written by hand: as records, whose keys are sent once for each
// shape, or as maps, whose keys are sent each time.
//
// shapes.ts --count N [--shapes N] [--as records|maps]
import { parseArgs } from 'node:util'
import { report } from '../work/figures.ts'
import { type ShapedItem, shapedItems } from '../work/shaped-items.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { AskedStream } from './asked-stream.ts'
import { FrameReader, FrameWriter, maps, parentSocket, records, startPeer, unpackerOf } from './link.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    shapes: { type: 'string', default: '1' },
    as: { type: 'string', default: 'records' },
    role: { type: 'string', default: 'sink' },
  },
})
const encoding = values.as === 'maps' ? maps : records
const arrayCount = 256

async function writeAll(writer: FrameWriter, count: number): Promise<void> {
  let items: ShapedItem[] = []
  for (const item of shapedItems(count, Number(values.shapes))) {
    if (items.push(item) < arrayCount) continue
    if (!writer.write(items)) await writer.drained()
    items = []
  }
  if (items.length > 0) writer.write(items)
  writer.write([])
}

function beSource(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket, encoding)
  new FrameReader(socket, (count) => void writeAll(writer, count as number), unpackerOf(encoding))
}

async function beSink(): Promise<void> {
  const args = ['--role', 'source', '--shapes', values.shapes, '--as', values.as]
  const { socket } = startPeer(import.meta.filename, args)
  const source = new AskedStream<ShapedItem>(socket, { encoding })
  report(
    await rateOf(
      drainBy((count) => source.items(count)),
      Number(values.count),
    ),
  )
  source.end()
}

if (values.role === 'source') beSource()
else await beSink()
