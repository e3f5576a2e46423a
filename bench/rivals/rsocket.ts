// RSocket over TCP: request-stream and request-response, with msgpackr as its serializer.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { BufferEncoders, RSocketClient, RSocketServer } from 'rsocket-core'
import { Flowable, Single } from 'rsocket-flowable'
import tcpClient from 'rsocket-tcp-client'
import tcpServer from 'rsocket-tcp-server'
import type { Encodable, ISubscription, ReactiveSocket } from 'rsocket-types'
import type { SmallItem } from '../work/small-items.ts'
import { streamed } from './items.ts'
import { packr } from './msgpack.ts'
import { type Item, type Rival, runRival, type StreamRequest } from './rival.ts'
import { announce, isServer, startServer } from './server-process.ts'

const grant = 128

type Connection = ReactiveSocket<unknown, undefined>

const serializers = {
  data: {
    serialize: (data: unknown) => packr.pack(data),
    // The set-up of a connection has no data, and is null in spite of the type.
    deserialize: (bytes: Encodable | null | undefined) => (bytes == null ? undefined : packr.unpack(bytes as Buffer)),
  },
  // Nobody sends any.
  metadata: { serialize: () => undefined, deserialize: () => undefined },
}

function stream(request: StreamRequest): Flowable<{ data: Item }> {
  return new Flowable((subscriber) => {
    const items = streamed(request)
    let ended = false
    subscriber.onSubscribe({
      cancel: () => {
        ended = true
      },
      request: (granted) => {
        for (let left = granted; left > 0 && !ended; left -= 1) {
          const next = items.next()
          if (next.done === true) {
            // Whatever is granted later is for nobody.
            ended = true
            subscriber.onComplete()
          } else {
            subscriber.onNext({ data: next.value })
          }
        }
      },
    })
  })
}

function serve(): void {
  // The server of the transport does not tell its port, and leaves Nagle on.
  const serverFactory = (onConnection: (socket: Socket) => void) => {
    const server = createServer({ noDelay: true }, onConnection)
    server.once('listening', () => announce((server.address() as AddressInfo).port))
    return server
  }
  new RSocketServer<unknown, undefined>({
    transport: new tcpServer.default({ host: '127.0.0.1', port: 0, serverFactory }, BufferEncoders),
    serializers,
    getRequestHandler: () => ({
      requestStream: ({ data }) => stream(data as StreamRequest),
      requestResponse: ({ data }) => Single.of({ data }),
    }),
  }).start()
}

function readStream(socket: Connection, request: StreamRequest, onItem: (item: Item) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let subscription: ISubscription
    let received = 0
    socket.requestStream({ data: request }).subscribe({
      onSubscribe: (given) => {
        subscription = given
        // One grant ahead: the server has the next before it has used up the last.
        subscription.request(2 * grant)
      },
      onNext: ({ data }) => {
        onItem(data as Item)
        received += 1
        if (received % grant === 0) subscription.request(grant)
      },
      onComplete: resolve,
      onError: reject,
    })
  })
}

async function connect(): Promise<Rival> {
  const server = await startServer(import.meta.filename)
  const address = { host: '127.0.0.1', port: server.port, noDelay: true }
  const client = new RSocketClient<unknown, undefined>({
    transport: new tcpClient.default(address, BufferEncoders),
    serializers,
    setup: {
      keepAlive: 60_000,
      lifetime: 180_000,
      dataMimeType: 'application/msgpack',
      metadataMimeType: 'application/octet-stream',
    },
  })
  const socket = await new Promise<Connection>((resolve, reject) => client.connect().then(resolve, reject))
  return {
    readStream: (request, onItem) => readStream(socket, request, onItem),
    call: (item) =>
      new Promise((resolve, reject) => {
        socket.requestResponse({ data: item }).then(({ data }) => resolve(data as SmallItem), reject)
      }),
    close: () => {
      client.close()
      server.stop()
    },
  }
}

if (isServer) serve()
else await runRival(connect)
