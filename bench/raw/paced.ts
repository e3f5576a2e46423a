// A stream whose items have their times, written by hand: each is packed and written when it is there.
//
// paced.ts --count N [--per-second N]
import { parseArgs } from 'node:util'
import { report } from '../work/figures.ts'
import { latencyOf, pacedItems } from '../work/paced-items.ts'
import type { SmallItem } from '../work/small-items.ts'
import { AskedStream } from './asked-stream.ts'
import { FrameReader, FrameWriter, parentSocket, startPeer } from './link.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    'per-second': { type: 'string', default: '10000' },
    role: { type: 'string', default: 'sink' },
  },
})

function beSource(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket)
  const writeAll = async (count: number) => {
    for await (const item of pacedItems(count, Number(values['per-second']))) {
      if (!writer.write([item])) await writer.drained()
    }
    writer.write([])
  }
  new FrameReader(socket, (count) => void writeAll(count as number))
}

async function beSink(): Promise<void> {
  const { socket } = startPeer(import.meta.filename, ['--role', 'source', '--per-second', values['per-second']])
  const source = new AskedStream<SmallItem>(socket)
  report(await latencyOf((count) => source.items(count), Number(values.count)))
  source.end()
}

if (values.role === 'source') beSource()
else await beSink()
