import type { ListenOptions, Server, Socket } from 'node:net'
import { UsageError } from '../errors.ts'
import { SocketConnection } from './socket-connection.ts'

const whyNot: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is taken already',
  // Of a unix socket: so libuv calls a missing directory, too.
  EACCES: 'there is no such directory, or this user may not',
  EADDRNOTAVAIL: 'it is no address of this host',
  ENOTFOUND: 'the name has no address',
}

/** Waits until the server listens, and lets it not keep the process alive. Throws `UsageError` when it may not. */
export function startListening(server: Server, where: ListenOptions, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const why = whyNot[error.code ?? '']
      const what = `cannot listen at ${address}: ${why} (${error.code})`
      reject(why === undefined ? error : new UsageError(what, { cause: error }))
    }
    server.once('error', onError)
    server.once('listening', () => {
      server.off('error', onError)
      // A connection that could not be accepted is its dialler's to know, not a reason to end this process.
      server.on('error', () => undefined)
      server.unref()
      resolve()
    })
    listenAlone(server, where)
  })
}

/**
 * Not with the other workers of a cluster, whom an actor's callers do not mean. To ask whether there is a cluster, `listen` loads
 * all that makes one, in twice the time of all else here. For a path it then has this method do the rest; what it notes before that
 * is for `server.address()`, which nobody asks.
 */
function listenAlone(
  server: Server & { _listen2?(path: string, port: -1, type: -1): void },
  where: ListenOptions,
): void {
  if (where.path !== undefined && server._listen2 !== undefined) server._listen2(where.path, -1, -1)
  else server.listen({ ...where, exclusive: true })
}

/** How to wait for a connection. */
interface Dialling {
  readonly event: 'connect' | 'secureConnect'
  readonly address: string
  readonly signal: AbortSignal | undefined
  readonly ifSilent?: string
}

/** Waits until a socket that was just made has connected. `signal` destroys it and throws its reason. */
export function waitForConnection(socket: Socket, dialling: Dialling): Promise<SocketConnection> {
  const { event, address, signal } = dialling
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off(event, onOpen)
      socket.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
    }
    const onOpen = () => {
      const connection = new SocketConnection(socket, address, dialling)
      settle()
      resolve(connection)
    }
    const onError = (error: NodeJS.ErrnoException) => {
      socket.on('error', () => undefined)
      settle()
      socket.destroy()
      // When every address of a name refuses, the system's error has a code and no message.
      const named = new Error(`connect ${error.code ?? 'failed'} ${address}`, { cause: error })
      reject(error.message === '' ? Object.assign(named, { code: error.code }) : error)
    }
    const onAbort = () => {
      socket.on('error', () => undefined)
      settle()
      socket.destroy()
      reject(signal?.reason as Error)
    }
    socket.once(event, onOpen)
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
