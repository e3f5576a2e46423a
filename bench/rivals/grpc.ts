// gRPC-js: a server stream and unary calls, with msgpackr in the place of protobuf, as it is the faster of the two.
import { promisify } from 'node:util'
import {
  type ChannelOptions,
  Client,
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import type { SmallItem } from '../work/small-items.ts'
import { streamed } from './items.ts'
import { packr } from './msgpack.ts'
import { type Item, type Rival, runRival, type StreamRequest } from './rival.ts'
import { announce, isServer, startServer } from './server-process.ts'

// The 64 KiB that HTTP/2 has at first would be one large item at a time.
const options: ChannelOptions = { 'grpc-node.flow_control_window': 256 * 1024 }

function method<Request, Response>(path: string, responseStream: boolean): MethodDefinition<Request, Response> {
  const serialize = (value: unknown) => packr.pack(value)
  const deserialize = (bytes: Buffer) => packr.unpack(bytes)
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }
}

const stream = method<StreamRequest, Item>('/bench.Rival/Stream', true)
const call = method<SmallItem, SmallItem>('/bench.Rival/Call', false)

const handleStream: handleServerStreamingCall<StreamRequest, Item> = (response) => {
  const items = streamed(response.request)
  const pump = () => {
    for (let next = items.next(); ; next = items.next()) {
      if (next.done === true) return void response.end()
      if (!response.write(next.value)) return void response.once('drain', pump)
    }
  }
  pump()
}

const handleCall: handleUnaryCall<SmallItem, SmallItem> = ({ request }, reply) => reply(null, request)

async function serve(): Promise<void> {
  const server = new Server(options)
  server.addService({ stream, call }, { stream: handleStream, call: handleCall })
  const bind = promisify(server.bindAsync.bind(server))
  announce(await bind('127.0.0.1:0', ServerCredentials.createInsecure()))
}

async function connect(): Promise<Rival> {
  const server = await startServer(import.meta.filename)
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), options)
  return {
    readStream: (request, onItem) =>
      new Promise((resolve, reject) => {
        client
          .makeServerStreamRequest(stream.path, stream.requestSerialize, stream.responseDeserialize, request)
          .on('data', onItem)
          .on('end', resolve)
          .on('error', reject)
      }),
    call: (item) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(call.path, call.requestSerialize, call.responseDeserialize, item, (error, reply) =>
          error === null && reply !== undefined ? resolve(reply) : reject(error ?? new Error('there is no reply')),
        )
      }),
    close: () => {
      client.close()
      server.stop()
    },
  }
}

if (isServer) await serve()
else await runRival(connect)
