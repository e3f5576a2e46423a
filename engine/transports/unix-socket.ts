import { chmod, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Connection, Listener, Transport } from '../transport.ts'
import { SocketConnection } from './socket-connection.ts'

const prefix = 'unix:'

/** Actors of one host: `unix:/run/dir/<id>.sock`. Who may connect is decided by the directory's mode. */
export const unixSocketTransport: Transport = {
  scheme: 'unix',

  async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener> {
    const path = address.slice(prefix.length)
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      onConnection(new SocketConnection(socket, address)),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
    })
    await chmod(path, 0o600)
    server.unref()
    return {
      address,
      async close() {
        // Its connections belong to their channels and end with them.
        server.close()
        await rm(path, { force: true })
      },
    }
  },

  dial(address: string, options: { signal?: AbortSignal } = {}): Promise<Connection> {
    const { signal } = options
    return new Promise((resolve, reject) => {
      const socket = connect({ path: address.slice(prefix.length), allowHalfOpen: true })
      const giveUp = () => {
        socket.destroy()
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        signal?.removeEventListener('abort', giveUp)
        socket.off('error', reject)
        resolve(new SocketConnection(socket, address))
      })
    })
  },
}
