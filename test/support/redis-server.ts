import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { ensureProgram } from './needed-program.ts'
import { waitUntil } from './wait-until.ts'

const highestPort = 65_535
// The servers of a cluster speak with each other at a port that is so much higher.
const clusterOffset = 10_000

/** A redis-server of one's own, which keeps nothing on disk. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:port`, with the password if it has one. */
  readonly url: string
  /** A socket that leads to it from everywhere on this machine. */
  readonly socketPath: string
  /** Kills it. What it knew is gone. */
  kill(): Promise<void>
  /** Starts it at the same port, empty. */
  start(): Promise<void>
  /** Stops it as a debugger would: its connections stay. */
  freeze(): void
  thaw(): void
  /** Kills it, and removes what it has left. */
  close(): Promise<void>
}

/** Where a server runs, if that is not this host. */
export interface RedisPlace {
  readonly address: string
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess
}

export interface RedisServerOptions {
  readonly password?: string
  /** More of the server's own options: `--replicaof`, `--cluster-enabled`. */
  readonly args?: readonly string[]
  /** The lines of the configuration of a sentinel: then it is one. */
  readonly sentinel?: readonly string[]
  readonly place?: RedisPlace
  /** The files of its certificate: then it speaks TLS alone. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
}

const thisHost: RedisPlace = { address: '127.0.0.1', spawn }

export async function openRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = await ensureProgram({ name: 'redis-server', aptPackage: 'redis-server', brewFormula: 'redis' })
  const folder = await mkdtemp(join(tmpdir(), 'actorflow-redis-'))
  const port = await findFreePort(highestPort - clusterOffset)
  const socketPath = join(folder, 'redis.sock')
  const { password, sentinel, place = thisHost } = options
  let server: ChildProcess | undefined
  const start = async () => {
    const file = join(folder, 'sentinel.conf')
    if (sentinel !== undefined) await writeFile(file, sentinel.join('\n'))
    const args = [...portOptions(port, options), '--bind', place.address, '--unixsocket', socketPath]
    const more = ['--save', '', '--appendonly', 'no', '--dir', folder, ...serverOptions(options)]
    // Not one of the processes that a test starts.
    const how: SpawnOptions = { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env['PATH'] } }
    server = place.spawn(
      binary,
      sentinel === undefined ? [...args, ...more] : [file, '--sentinel', ...args, ...(options.args ?? [])],
      how,
    )
    server.unref()
    await waitUntil(() => isListening(socketPath), { withinMs: 20_000, describe: () => `redis-server at port ${port}` })
  }
  const kill = async () => {
    const process = server
    server = undefined
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const exited = once(process, 'exit')
    // Else there may be nothing that keeps this process from its own end, in the middle of this.
    process.ref()
    process.kill('SIGCONT')
    process.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    port,
    url: `redis${options.tls === undefined ? '' : 's'}://${password === undefined ? '' : `:${password}@`}${place.address}:${port}`,
    socketPath,
    kill,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async close() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function portOptions(port: number, { tls }: RedisServerOptions): string[] {
  if (tls === undefined) return ['--port', String(port)]
  const files = ['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca]
  return ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files]
}

function serverOptions({ password, place, args = [] }: RedisServerOptions): string[] {
  // By itself it answers nobody from another host who has no password.
  const open = place === undefined ? [] : ['--protected-mode', 'no']
  return [...(password === undefined ? [] : ['--requirepass', password]), ...open, ...args]
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const done = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
