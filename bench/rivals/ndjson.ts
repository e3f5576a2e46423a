// HTTP: a chunked response of lines of JSON that readline reads, and a request for each call.
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'
import type { SmallItem } from '../work/small-items.ts'
import { streamed } from './items.ts'
import { type Item, type Rival, type RivalOptions, runRival, type StreamRequest } from './rival.ts'
import { announce, isServer, startServer } from './server-process.ts'

function writeStream(wanted: StreamRequest, response: ServerResponse): void {
  const items = streamed(wanted)
  response.setHeader('content-type', 'application/x-ndjson')
  const pump = () => {
    for (let next = items.next(); ; next = items.next()) {
      if (next.done === true) return void response.end()
      if (!response.write(`${JSON.stringify(next.value)}\n`)) return void response.once('drain', pump)
    }
  }
  pump()
}

async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const question = await json(message)
  if (message.url === '/stream') return writeStream(question as StreamRequest, response)
  const text = JSON.stringify(question)
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}

async function serve(): Promise<void> {
  const server = createServer((message, response) => void handle(message, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  announce((server.address() as AddressInfo).port)
}

async function connect({ inFlight }: RivalOptions): Promise<Rival> {
  const server = await startServer(import.meta.filename)
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const post = (path: string, question: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(question)
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      request({ host: '127.0.0.1', port: server.port, path, method: 'POST', agent, headers }, resolve)
        .on('error', reject)
        .end(text)
    })
  return {
    readStream: async (wanted, onItem) => {
      const lines = createInterface({ input: await post('/stream', wanted), crlfDelay: Infinity })
      lines.on('line', (line) => onItem(JSON.parse(line) as Item))
      await once(lines, 'close')
    },
    call: async (item) => (await json(await post('/call', item))) as SmallItem,
    close: () => {
      agent.destroy()
      server.stop()
    },
  }
}

if (isServer) await serve()
else await runRival(connect)
