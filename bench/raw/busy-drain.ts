// A stream, written by hand, whose consumer works for each item: whatever has arrived is iterated at one go.
//
// busy-drain.ts --count N
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drainBusily } from '../work/busy-drain.ts'
import { report } from '../work/figures.ts'
import { type SmallItem, warmUp } from '../work/small-items.ts'
import { AskedStream } from './asked-stream.ts'
import { startPeer } from './link.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })
const { socket } = startPeer(join(import.meta.dirname, 'stream.ts'), ['--role', 'source'])
const source = new AskedStream<SmallItem>(socket)
const drain = (count: number) => drainBusily(source.items(count), count)

const count = Number(values.count)
await drain(warmUp(count))
report(await drain(count))
source.end()
