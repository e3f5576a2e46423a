// A stream of buffers from process to process, written by hand: a header, and behind it the bytes as they are. Nothing is
// packed, and nothing copied before the kernel does it.
//
// bytes.ts --count N [--size BYTES]
import type { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { report } from '../work/figures.ts'
import { type LargeItem, largeItems } from '../work/large-items.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { AskedStream } from './asked-stream.ts'
import { FrameReader, FrameWriter, parentSocket, startPeer } from './link.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    size: { type: 'string', default: '65536' },
    role: { type: 'string', default: 'sink' },
  },
})
const size = Number(values.size)

function writeItem(socket: Socket, { id, bytes }: LargeItem): void {
  const header = Buffer.allocUnsafe(8)
  header.writeUInt32BE(4 + bytes.byteLength, 0)
  header.writeUInt32BE(id, 4)
  socket.cork()
  socket.write(header)
  socket.write(bytes)
  socket.uncork()
}

// Without bytes: the end.
const readItems = (frame: Buffer): LargeItem[] =>
  frame.byteLength === 4 ? [] : [{ id: frame.readUInt32BE(0), bytes: frame.subarray(4) }]

function beSource(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket)
  const writeAll = async (count: number) => {
    for (const item of largeItems(count, size)) {
      writeItem(socket, item)
      if (socket.writableNeedDrain) await writer.drained()
    }
    writeItem(socket, { id: 0, bytes: Buffer.alloc(0) })
  }
  new FrameReader(socket, (count) => void writeAll(count as number))
}

async function beSink(): Promise<void> {
  const { socket } = startPeer(import.meta.filename, ['--role', 'source', '--size', values.size])
  const source = new AskedStream<LargeItem>(socket, { read: readItems })
  const drain = drainBy((count) => source.items(count))
  report(await rateOf(drain, Number(values.count), { itemBytes: size }))
  source.end()
}

if (values.role === 'source') beSource()
else await beSink()
