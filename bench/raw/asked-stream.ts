import type { Socket } from 'node:net'
import type { Options } from 'msgpackr'
import { ItemQueue } from './item-queue.ts'
import { FrameReader, FrameWriter, records, unpackerOf } from './link.ts'

export interface AskedStreamOptions<T> {
  readonly encoding?: Options
  /** What a frame holds, where it is not packed: no items are the end of the stream. */
  readonly read?: (frame: Buffer) => readonly T[]
}

/** Asks a peer for streams, one after the other, and iterates them. A frame is an array of items; an empty one is the end. */
export class AskedStream<T> {
  readonly #socket: Socket
  readonly #writer: FrameWriter
  #queue = new ItemQueue<T>()

  constructor(socket: Socket, { encoding = records, read }: AskedStreamOptions<T> = {}) {
    this.#socket = socket
    this.#writer = new FrameWriter(socket, encoding)
    const onFrame = (frame: unknown) => {
      const items = frame as T[]
      if (items.length === 0) this.#queue.end()
      else this.#queue.push(items)
    }
    new FrameReader(socket, onFrame, read ?? unpackerOf(encoding))
  }

  items(count: number): AsyncIterable<T> {
    this.#queue = new ItemQueue<T>()
    this.#writer.write(count)
    return this.#queue
  }

  /** No more streams are asked for: the peer ends. */
  end(): void {
    this.#socket.end()
  }
}
