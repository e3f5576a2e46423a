import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { UsageError } from '../errors.ts'
import type { Connection, Listener, Transport } from '../transport.ts'
import { SocketConnection } from './socket-connection.ts'
import { startListening, waitForConnection } from './socket-opening.ts'
import { formatTcpAddress, parseTcpAddress } from './tcp-address.ts'

/**
 * Mutual TLS: each end shows its certificate, and takes only a peer whose certificate is from the same authority. A plain
 * object that can be sent to another actor.
 */
export interface TlsOptions {
  /** This end's certificate, PEM, for listening and dialling alike. */
  readonly cert: string | Uint8Array
  /** The private key of `cert`, PEM. */
  readonly key: string | Uint8Array
  /** The authorities, PEM, that peers' certificates must come from. The system's own are not asked. */
  readonly ca: string | Uint8Array
  /** The name that a listener's certificate must have, where that is not the host that was dialled. */
  readonly servername?: string
}

export interface TcpOptions {
  readonly tls?: TlsOptions
}

// Loaded where it is used: import time is what an actor's start is made of.
const loadTls = () => process.getBuiltinModule('node:tls')

// A peer that connects and never shakes hands is let go after this.
const handshakeTimeoutMs = 10_000

/** Actors of several hosts: `tcp://host:port`, an IPv6 host in brackets. Port 0 listens at any free one. */
export function createTcpTransport(options: TcpOptions = {}): Transport {
  const { tls } = options
  return {
    scheme: 'tcp',

    async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener> {
      const { host, port } = parseTcpAddress(address)
      let closed = false
      const accept = (socket: Socket) => {
        // It shook hands with a listener that was closed meanwhile.
        if (closed) socket.destroy()
        else onConnection(new SocketConnection(socket, remoteAddressOf(socket)))
      }
      const server = tls === undefined ? createPlainServer(accept) : createSecureServer(tls, accept)
      await startListening(server, { host, port }, address)
      const bound = server.address()
      return {
        address: formatTcpAddress(host, typeof bound === 'object' && bound !== null ? bound.port : port),
        async close() {
          closed = true
          // Its connections belong to their channels and end with them.
          server.close()
        },
      }
    },

    async dial(address: string, { signal }: { signal?: AbortSignal } = {}): Promise<Connection> {
      const { host, port } = parseTcpAddress(address)
      signal?.throwIfAborted()
      const to = { host, port, allowHalfOpen: true, noDelay: true }
      if (tls === undefined) return await waitForConnection(connect(to), { event: 'connect', address, signal })
      const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined)
      const named = servername === undefined ? {} : { servername }
      const socket = withTls(() => loadTls().connect({ ...to, ...credentialsOf(tls), ...named }))
      // The listener looks at the certificate only after the handshake, and hangs up without a word if it is not good.
      const ifSilent = `${address} hung up without a word: it may not take our certificate`
      return await waitForConnection(socket, { event: 'secureConnect', address, signal, ifSilent })
    },
  }
}

function remoteAddressOf(socket: Socket): string {
  return formatTcpAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
}

function createPlainServer(accept: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, accept)
}

function createSecureServer(tls: TlsOptions, accept: (socket: Socket) => void): Server {
  const server = withTls(() =>
    loadTls().createServer({
      ...credentialsOf(tls),
      allowHalfOpen: true,
      noDelay: true,
      requestCert: true,
      handshakeTimeout: handshakeTimeoutMs,
    }),
  )
  // While it shakes hands, a connection has no owner who could say whether it keeps the process alive.
  server.on('connection', (socket: Socket) => void socket.unref())
  server.on('secureConnection', (socket: TLSSocket) => accept(socket.ref()))
  return server
}

function credentialsOf(tls: TlsOptions) {
  const missing = (['cert', 'key', 'ca'] as const).filter((name) => !tls[name] || tls[name].length === 0)
  if (missing.length > 0) {
    throw new UsageError(
      `the tls options lack ${missing.join(', ')}: TLS is mutual, so each end needs cert, key and ca`,
    )
  }
  const pem = (text: string | Uint8Array) => (typeof text === 'string' ? text : Buffer.from(text))
  return {
    cert: pem(tls.cert),
    key: pem(tls.key),
    ca: pem(tls.ca),
    minVersion: 'TLSv1.3' as const,
    rejectUnauthorized: true,
  }
}

function withTls<T>(create: () => T): T {
  try {
    return create()
  } catch (error) {
    if (error instanceof UsageError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`the tls options do not work: ${why}`, { cause: error })
  }
}
