// ws: a message for each item, packed with msgpackr, and by hand what it does not have: backpressure, and replies to calls.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { SmallItem } from '../work/small-items.ts'
import { streamed } from './items.ts'
import { packr } from './msgpack.ts'
import { type Item, type Rival, runRival, type StreamRequest } from './rival.ts'
import { announce, isServer, startServer } from './server-process.ts'

const mostBuffered = 256 * 1024
const mostUnasked = 1024

type Call = readonly [id: number, item: SmallItem]
type Question = StreamRequest | Call
/** Null is the end of the stream. */
type Answer = Item | Call | null

function pump(socket: WebSocket, items: Iterator<Item, undefined>): void {
  let sent = 0
  for (let next = items.next(); next.done !== true; next = items.next()) {
    const bytes = packr.pack(next.value)
    sent += 1
    // A socket that nobody reads any more takes everything: the callback tells.
    if (sent === mostUnasked || socket.bufferedAmount > mostBuffered) {
      return socket.send(bytes, (error) => {
        if (error == null) pump(socket, items)
      })
    }
    socket.send(bytes)
  }
  socket.send(packr.pack(null))
}

async function serve(): Promise<void> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  server.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => {
      const question = packr.unpack(bytes) as Question
      if ('count' in question) pump(socket, streamed(question))
      else socket.send(packr.pack(question))
    })
  })
  await once(server, 'listening')
  announce((server.address() as AddressInfo).port)
}

async function connect(): Promise<Rival> {
  const server = await startServer(import.meta.filename)
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}`, { perMessageDeflate: false })
  await once(socket, 'open')
  const calls = new Map<number, (item: SmallItem) => void>()
  let lastCall = 0
  let onItem: (item: Item) => void = () => undefined
  let onEnd: () => void = () => undefined
  socket.on('message', (bytes: Buffer) => {
    const answer = packr.unpack(bytes) as Answer
    if (answer === null) return onEnd()
    if ('id' in answer) return onItem(answer)
    const [id, item] = answer
    calls.get(id)?.(item)
    calls.delete(id)
  })
  return {
    readStream: (request, listener) =>
      new Promise((resolve) => {
        onItem = listener
        onEnd = resolve
        socket.send(packr.pack(request))
      }),
    call: (item) =>
      new Promise((resolve) => {
        lastCall += 1
        calls.set(lastCall, resolve)
        socket.send(packr.pack([lastCall, item]))
      }),
    close: () => {
      socket.close()
      server.stop()
    },
  }
}

if (isServer) await serve()
else await runRival(connect)
