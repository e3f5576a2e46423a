import { Channel, type ChannelOptions, type ContextEnd } from '../../engine/channel.ts'
import { Encoder } from '../../engine/codec.ts'
import type { ActorId } from '../../engine/errors.ts'
import { CallKind, type ContextFrame, type Frame, Kind, type StartFrame, wireVersion } from '../../engine/frame.ts'
import { type MemoryConnection, memoryConnectionPair } from '../support/memory-connection.ts'

export const donny: ActorId = { name: 'donny', id: 'd1' }
export const frank: ActorId = { name: 'frank', id: 'f1' }

/** Some turns of the event loop: enough for what was sent to arrive and be answered. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 12; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}

export interface End {
  readonly channel: Channel
  readonly connection: MemoryConnection
  readonly started: StartFrame[]
  readonly gone: Error[]
}

type EndOptions = Pick<ChannelOptions, 'maxFrameBytes' | 'handshakeTimeoutMs'>

export function openEnd(connection: MemoryConnection, self: ActorId, opener: boolean, options: EndOptions = {}): End {
  const started: StartFrame[] = []
  const gone: Error[] = []
  const channel = new Channel(connection, {
    self,
    opener,
    ...options,
    onStart: (_channel, frame) => void started.push(frame),
    onGone: (_channel, error) => void gone.push(error),
  })
  return { channel, connection, started, gone }
}

export function openPair(maxFrameBytes?: number): [caller: End, callee: End] {
  const [left, right] = memoryConnectionPair()
  const options = maxFrameBytes === undefined ? {} : { maxFrameBytes }
  return [openEnd(left, donny, true, options), openEnd(right, frank, false, options)]
}

/** One channel, and its peer as bare bytes. */
export function openAlone({ opener = true, ...options }: EndOptions & { opener?: boolean } = {}): {
  end: End
  say(...frames: unknown[][]): Promise<void>
} {
  const [left, right] = memoryConnectionPair()
  const encoder = new Encoder()
  return {
    end: openEnd(left, donny, opener, options),
    async say(...frames) {
      right.write(encoder.encode(frames as Frame[]))
      await settle()
    },
  }
}

export const hello = [Kind.hello, 0, { version: wireVersion, actor: frank }]
export const startOf = (id: number): StartFrame => [Kind.start, id, CallKind.run, '', 'add', [1, 2], 10, 1000, 0]

export function contextEnd(): ContextEnd & { received: ContextFrame[]; errors: Error[] } {
  const received: ContextFrame[] = []
  const errors: Error[] = []
  return { received, errors, receive: (frame) => void received.push(frame), broken: (error) => void errors.push(error) }
}
