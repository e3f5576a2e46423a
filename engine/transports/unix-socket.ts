import { chmodSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { isDeadSocket } from '../dead-socket.ts'
import { UsageError } from '../errors.ts'
import { loadFiles } from '../late-builtins.ts'
import type { Connection, Listener, Transport } from '../transport.ts'
import { SocketConnection } from './socket-connection.ts'
import { startListening, waitForConnection } from './socket-opening.ts'

const scheme = 'unix'

// What fits into the system's sockaddr_un. A longer path would be cut, and lead elsewhere.
const maxPathBytes = process.platform === 'linux' ? 107 : 103

/** Actors of one host: `unix:/run/dir/<id>.sock`. Who may connect is decided by the directory's mode. */
export const unixSocketTransport: Transport = {
  scheme,

  async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener> {
    const path = pathOf(address)
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      onConnection(new SocketConnection(socket, address)),
    )
    try {
      await startListening(server, { path }, address)
    } catch (error) {
      // One that was killed could not take its socket away.
      if (!isTaken(error) || !(await isDeadSocket(path))) throw error
      await loadFiles().rm(path, { force: true })
      await startListening(server, { path }, address)
    }
    try {
      // Not asynchronously: that would start the threads of the system's pool, for the sake of one quick call.
      chmodSync(path, 0o600)
    } catch (error) {
      server.close()
      throw error
    }
    return {
      address,
      async close() {
        // This removes the socket file, at once. Its connections belong to their channels and end with them.
        server.close()
      },
    }
  },

  async dial(address: string, options: { signal?: AbortSignal } = {}): Promise<Connection> {
    const path = pathOf(address)
    const { signal } = options
    signal?.throwIfAborted()
    return await waitForConnection(connect({ path, allowHalfOpen: true }), { event: 'connect', address, signal })
  },
}

function isTaken(error: unknown): boolean {
  return error instanceof UsageError && (error.cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
}

function pathOf(address: string): string {
  const path = address.startsWith(`${scheme}:`) ? address.slice(scheme.length + 1) : ''
  if (path === '' || path.includes('\0')) {
    throw new UsageError(`'${address}' is no address of a unix socket: write unix:/path/to/a.sock`)
  }
  const bytes = Buffer.byteLength(path)
  if (bytes > maxPathBytes) {
    throw new UsageError(
      `the path of '${address}' has ${bytes} bytes, and a unix socket's may have ${maxPathBytes}: use a directory nearer to the root`,
    )
  }
  return path
}
