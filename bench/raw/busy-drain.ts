// A stream, written by hand, whose consumer works for each item: whatever has arrived is iterated at one go.
//
// busy-drain.ts --count N
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drainBusily } from '../work/busy-drain.ts'
import { report } from '../work/figures.ts'
import { type SmallItem, warmUp } from '../work/small-items.ts'
import { ItemQueue } from './item-queue.ts'
import { FrameReader, FrameWriter, startPeer } from './link.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })
const { socket } = startPeer(join(import.meta.dirname, 'stream.ts'), ['--role', 'source'])
const writer = new FrameWriter(socket)
let queue = new ItemQueue<SmallItem>()
new FrameReader(socket, (frame) => {
  const items = frame as SmallItem[]
  if (items.length === 0) queue.end()
  else queue.push(items)
})

function drain(count: number): Promise<Record<string, number>> {
  queue = new ItemQueue<SmallItem>()
  writer.write(count)
  return drainBusily(queue, count)
}

const count = Number(values.count)
await drain(warmUp(count))
report(await drain(count))
socket.end()
