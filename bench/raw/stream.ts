// A stream from process to process, written by hand, and nothing more: no cancellation, no error, no credit, no end that
// could not be told from a crash. What an engine can at most reach.
//
// stream.ts --count N [--source loop|generator] [--hops 1|2] [--size BYTES]
import type { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { rates, report, timed } from '../work/figures.ts'
import { largeItems } from '../work/large-items.ts'
import { type SmallItem, smallItemArrays, smallItemsAsync, Tally, warmUp } from '../work/small-items.ts'
import { ItemQueue } from './item-queue.ts'
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

/** Asks a peer for a stream, and iterates it. An empty array is its end. */
class Reader {
  readonly #socket: Socket
  readonly #writer: FrameWriter
  #queue = new ItemQueue<SmallItem>()
  #onArray: (items: SmallItem[]) => void = () => undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#writer = new FrameWriter(socket)
    new FrameReader(socket, (frame) => this.#onArray(frame as SmallItem[]))
  }

  items(count: number): AsyncIterable<SmallItem> {
    const queue = new ItemQueue<SmallItem>()
    this.#queue = queue
    this.#onArray = (items) => (items.length === 0 ? queue.end() : queue.push(items))
    this.#writer.write(count)
    return this.#queue
  }

  end(): void {
    this.#socket.end()
  }
}

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
  const source = new Reader(startPeer(import.meta.filename, ['--role', 'source', '--source', values.source]).socket)
  new FrameReader(socket, (count) => void mapAll(writer, source, count as number))
}

async function mapAll(writer: FrameWriter, source: Reader, count: number): Promise<void> {
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
  const peer = new Reader(startPeer(import.meta.filename, args).socket)
  const drain = async (count: number) => {
    const tally = new Tally()
    for await (const item of peer.items(count)) tally.add(item)
    tally.check(count)
  }
  const count = Number(values.count)
  await drain(warmUp(count))
  const ms = await timed(() => drain(count))
  report(rates(count, ms, itemBytes))
  peer.end()
}

if (values.role === 'source') beSource()
else if (values.role === 'map') beMap()
else await beSink()
