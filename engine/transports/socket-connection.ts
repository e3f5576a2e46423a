import type { Socket } from 'node:net'
import type { Connection, ConnectionEvents } from '../transport.ts'
import { readIntoSharedBuffer } from './shared-read-buffer.ts'

/** A connection over a stream socket: the parent link, unix sockets and TCP. */
export class SocketConnection implements Connection {
  readonly label: string
  readonly #socket: Socket
  #failure: Error | undefined
  #heard = false

  /** `ifSilent` is what may have happened when the peer ends the connection, unasked and without a byte. */
  constructor(socket: Socket, label: string, options: { readonly ifSilent?: string } = {}) {
    this.#socket = socket
    this.label = label
    // Both from the first moment: an error that nobody listens for ends the process, and an end may come before the start.
    socket.on('error', (error) => {
      this.#failure = error
    })
    // The peer ended its side: nothing can come back any more, so this side ends too.
    socket.on('end', () => {
      const silent = !this.#heard && !socket.writableEnded
      if (silent && options.ifSilent !== undefined) this.#failure ??= new Error(options.ifSilent)
      socket.end()
    })
  }

  // Asked of the socket each time: a remembered answer of write() can outlive its 'drain' event and hang the stream.
  get congested(): boolean {
    return this.#socket.writableNeedDrain
  }

  write(parts: readonly Uint8Array[]): void {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return
    if (parts.length > 1) socket.cork()
    for (const part of parts) {
      // To write nothing would have TLS hand on what it has read, in the midst of whatever is being handed on.
      if (part.byteLength > 0) socket.write(part)
    }
    if (parts.length > 1) socket.uncork()
  }

  start(events: ConnectionEvents): void {
    const socket = this.#socket
    const onBytes = (chunk: Uint8Array) => {
      this.#heard = true
      events.onBytes(chunk)
    }
    socket.on('data', onBytes)
    readIntoSharedBuffer(socket, onBytes)
    socket.on('drain', () => events.onDrain())
    if (socket.closed) queueMicrotask(() => events.onClose(this.#failure))
    else socket.on('close', () => events.onClose(this.#failure))
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  keepAlive(keep: boolean): void {
    if (keep) this.#socket.ref()
    else this.#socket.unref()
  }
}
