import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { type Options, Packr, Unpackr } from 'msgpackr'

const linkFd = 3

/** Objects as records, whose keys are sent once for each shape. */
export const records: Options = { sequential: true, maxOwnStructures: 1000 }
/** Objects as they are, with their keys. */
export const maps: Options = { useRecords: false }

/** Starts a process with a socket to it: what costs least between two processes. */
export function startPeer(program: string, args: readonly string[] = []): { child: ChildProcess; socket: Socket } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  return { child, socket: child.stdio[linkFd] as Socket }
}

/** The other end, in the process that was started. It ends with its link. */
export function parentSocket(): Socket {
  const socket = new Socket({ fd: linkFd, readable: true, writable: true })
  socket.on('close', () => process.exit())
  return socket
}

/** Writes `[u32 length][msgpack]` frames. */
export class FrameWriter {
  readonly #socket: Socket
  readonly #packr: Packr

  constructor(socket: Socket, encoding: Options = records) {
    this.#socket = socket
    this.#packr = new Packr(encoding)
  }

  /** False if the socket has enough for now. */
  write(value: unknown): boolean {
    const reserveHeader = 2048 | 4
    const bytes = (this.#packr.pack as (value: unknown, flags: number) => Buffer)(value, reserveHeader)
    bytes.writeUInt32BE(bytes.byteLength - 4, 0)
    return this.#socket.write(bytes)
  }

  async drained(): Promise<void> {
    // Asked anew: the event may have come meanwhile.
    if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
  }
}

/** How a frame is read whose objects were encoded so. */
export function unpackerOf(encoding: Options): (bytes: Buffer) => unknown {
  const unpackr = new Unpackr(encoding)
  return (bytes) => unpackr.unpack(bytes)
}

/** Reads such frames. */
export class FrameReader {
  readonly #unpack: (bytes: Buffer) => unknown
  readonly #onFrame: (value: unknown) => void
  #rest: Buffer | undefined
  // A frame that is longer than what is read at once is gathered in a buffer of its own size.
  #gathering: { bytes: Buffer; filled: number } | undefined

  constructor(socket: Socket, onFrame: (value: unknown) => void, unpack = unpackerOf(records)) {
    this.#unpack = unpack
    this.#onFrame = onFrame
    socket.on('data', (chunk) => this.#push(chunk))
  }

  #push(chunk: Buffer): void {
    let bytes = chunk
    if (this.#gathering !== undefined) {
      const { bytes: frame, filled } = this.#gathering
      const taken = Math.min(frame.byteLength - filled, bytes.byteLength)
      bytes.copy(frame, filled, 0, taken)
      this.#gathering.filled += taken
      if (this.#gathering.filled < frame.byteLength) return
      this.#gathering = undefined
      this.#onFrame(this.#unpack(frame))
      bytes = bytes.subarray(taken)
    }
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, bytes])
      this.#rest = undefined
    }
    let at = 0
    while (bytes.byteLength - at >= 4) {
      const length = bytes.readUInt32BE(at)
      const end = at + 4 + length
      if (end > bytes.byteLength) {
        const frame = Buffer.allocUnsafeSlow(length)
        const filled = bytes.copy(frame, 0, at + 4)
        this.#gathering = { bytes: frame, filled }
        return
      }
      this.#onFrame(this.#unpack(bytes.subarray(at + 4, end)))
      at = end
    }
    if (at < bytes.byteLength) this.#rest = bytes.subarray(at)
  }
}
