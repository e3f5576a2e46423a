import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { ensureRedisBinary } from './redis-binary.ts'
import { waitUntil } from './wait-until.ts'

/** A redis-server of one's own, which keeps nothing on disk. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:port`, with the password if it has one. */
  readonly url: string
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

export interface RedisServerOptions {
  readonly password?: string
  /** More of the server's own options: `--replicaof`, `--cluster-enabled`. */
  readonly args?: readonly string[]
  /** The lines of the configuration of a sentinel: then it is one. */
  readonly sentinel?: readonly string[]
}

export async function openRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = await ensureRedisBinary()
  const folder = await mkdtemp(join(tmpdir(), 'actorflow-redis-'))
  const port = await findFreePort()
  const { password, args: more = [], sentinel } = options
  let server: ChildProcess | undefined
  const start = async () => {
    const secret = password === undefined ? [] : ['--requirepass', password]
    const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', folder]
    const usual = ['--port', String(port), '--bind', '127.0.0.1']
    const file = join(folder, 'sentinel.conf')
    if (sentinel !== undefined) await writeFile(file, sentinel.join('\n'))
    const args =
      sentinel === undefined ? [...usual, ...nothingOnDisk, ...secret, ...more] : [file, '--sentinel', ...usual]
    // Not one of the processes that a test starts.
    server = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'], env: {} })
    server.unref()
    await waitUntil(() => isListening(port), { withinMs: 20_000, describe: () => `redis-server at port ${port}` })
  }
  const kill = async () => {
    const process = server
    server = undefined
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const exited = once(process, 'exit')
    process.kill('SIGCONT')
    process.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    port,
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
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

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
