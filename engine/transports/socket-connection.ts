import type { Socket } from 'node:net'
import type { Connection, ConnectionEvents } from '../transport.ts'

/** A connection over a stream socket: the parent link, unix sockets and TCP. */
export class SocketConnection implements Connection {
  readonly label: string
  readonly #socket: Socket

  constructor(socket: Socket, label: string) {
    this.#socket = socket
    this.label = label
  }

  // Asked of the socket each time: a remembered answer of write() can outlive its 'drain' event and hang the stream.
  get congested(): boolean {
    return this.#socket.writableNeedDrain
  }

  write(parts: readonly Uint8Array[]): void {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return
    if (parts.length === 1) socket.write(parts[0] as Uint8Array)
    else {
      socket.cork()
      for (const part of parts) socket.write(part)
      socket.uncork()
    }
  }

  start(events: ConnectionEvents): void {
    const socket = this.#socket
    let failure: Error | undefined
    socket.on('data', (chunk) => events.onBytes(chunk))
    socket.on('drain', () => events.onDrain())
    socket.on('error', (error) => {
      failure = error
    })
    // The peer ended its side: nothing can come back any more, so this side ends too.
    socket.on('end', () => socket.end())
    socket.on('close', () => events.onClose(failure))
    if (socket.destroyed) queueMicrotask(() => events.onClose(failure))
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
