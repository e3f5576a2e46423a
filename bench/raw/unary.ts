// Calls from process to process, written by hand: each is packed and written by itself, and its answer is known by its number.
// No error, no cancellation; if the other end dies, they wait for ever.
//
// unary.ts --count N [--in-flight N]
import { parseArgs } from 'node:util'
import { driveCalls } from '../work/calls.ts'
import { report } from '../work/figures.ts'
import type { SmallItem } from '../work/small-items.ts'
import { FrameReader, FrameWriter, parentSocket, startPeer } from './link.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    'in-flight': { type: 'string', default: '1' },
    role: { type: 'string', default: 'caller' },
  },
})

type Message = [call: number, item: SmallItem]

function beCallee(): void {
  const socket = parentSocket()
  const writer = new FrameWriter(socket)
  new FrameReader(socket, (message) => {
    const [call, item] = message as Message
    writer.write([call, item])
  })
}

async function beCaller(): Promise<void> {
  const { socket } = startPeer(import.meta.filename, ['--role', 'callee'])
  const writer = new FrameWriter(socket)
  const waiting = new Map<number, (item: SmallItem) => void>()
  new FrameReader(socket, (message) => {
    const [call, item] = message as Message
    waiting.get(call)?.(item)
    waiting.delete(call)
  })
  let lastCall = 0
  const call = (item: SmallItem) =>
    new Promise<SmallItem>((resolve) => {
      lastCall += 1
      waiting.set(lastCall, resolve)
      writer.write([lastCall, item])
    })
  report(await driveCalls(call, { count: Number(values.count), inFlight: Number(values['in-flight']) }))
  socket.end()
}

if (values.role === 'callee') beCallee()
else await beCaller()
