import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openRedisBed } from './support/redis-bed.ts'
import { root, runProgram } from './support/run-program.ts'
import { startTraceReceiver } from './support/trace-receiver.ts'
import { openTreeBed } from './support/tree.ts'
import { waitUntil } from './support/wait-until.ts'

const { temporaryDirectory } = openTreeBed()
const redis = openRedisBed()
const film = 'examples/film.ts'
const floods = 'test/fixtures/actors/floods.ts'

interface Running {
  readonly child: ChildProcess
  stdout(): string
}

const running: Running[] = []

afterEach(async () => {
  for (const { child } of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

function start(args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout?.on('data', (chunk) => (text += String(chunk)))
  const program = { child, stdout: () => text }
  running.push(program)
  return program
}

const says = (program: Running, text: string) =>
  waitUntil(() => program.stdout().includes(text), { withinMs: 20_000, describe: program.stdout })

const socket = `unix:${join(temporaryDirectory, 'server.sock')}`
let registry = socket

/** The server, and where it is. Without a registry elsewhere it holds it. */
async function startServer(
  shared?: string,
  more: Record<string, string> = {},
): Promise<{ server: Running; url: string }> {
  registry = shared ?? socket
  const env: Record<string, string> = shared === undefined ? { FLOW_LISTEN: socket } : { FLOW_REGISTRY: shared }
  const server = start(['examples/fastify/server.ts'], { ...env, ...more, PORT: '0' })
  await says(server, 'listens at ')
  return { server, url: server.stdout().trim().replace('listens at ', '') }
}

async function startFrank(module: string): Promise<Running> {
  const frank = start(['bin/flow.js', 'actor', module, '--name', 'frank', '--registry', registry], {})
  await says(frank, ' listens at ')
  return frank
}

async function end({ child }: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** An answer whose body is read no faster than it is asked for. */
async function open(url: string): Promise<IncomingMessage> {
  const request = get(url, { agent: false })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function readLines(response: IncomingMessage, count: number): Promise<string[]> {
  let text = ''
  while (text.split('\n').length <= count) {
    const chunk = response.read() as Buffer | null
    if (chunk === null) await once(response, 'readable')
    else text += String(chunk)
  }
  return text.split('\n').slice(0, count)
}

/** What frank does, as he says himself. */
async function figures(): Promise<{ streamCount: number; itemsOutPerSecond: number }> {
  const { stdout } = await runProgram(process.execPath, ['bin/flow.js', 'ps', '--json', '--registry', registry])
  const rows = stdout.trimEnd().split('\n').filter(Boolean)
  return rows.map((row) => JSON.parse(row)).find(({ name }) => name === 'frank')
}

describe('examples/fastify', () => {
  it('answers with what the actor says, as a value and as lines, until the client goes', async () => {
    const { server, url } = await startServer()
    const frank = await startFrank(film)
    expect(await (await fetch(`${url}/cellar-door`)).json()).toEqual({ line: "Dang that's beautiful" })
    const response = await open(`${url}/lines?delayMs=5`)
    expect(response.headers['content-type']).toBe('application/x-ndjson')
    const line = '"I can see these little future bubble things"'
    expect(await readLines(response, 20)).toEqual(Array.from({ length: 20 }, () => line))
    expect(await figures()).toMatchObject({ streamCount: 1 })
    response.destroy()
    await waitUntil(async () => (await figures()).streamCount === 0, { describe: figures })
    expect((await fetch(`${url}/lines?delayMs=x`)).status).toBe(400)
    await end(frank)
    await end(server)
  })

  it('goes on with the trace of a request, for a value and for a stream', async () => {
    await using collector = await startTraceReceiver()
    const { server, url } = await startServer(undefined, {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    const frank = await startFrank(film)
    const headers = {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'vendor=abc',
    }
    await (await fetch(`${url}/cellar-door`, { headers })).json()
    const response = await fetch(`${url}/lines`, { headers })
    await response.body?.cancel()
    await end(frank)
    await end(server)
    const calls = collector.spans.filter(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7')
    expect(calls.map(({ name, traceId, traceState }) => ({ name, traceId, traceState }))).toEqual(
      ['frank/cellarDoor', 'frank/streamForever'].map((name) => ({
        name,
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        traceState: 'vendor=abc',
      })),
    )
  })

  it('has the generator wait for a client that does not read', async () => {
    const { server, url } = await startServer()
    const frank = await startFrank(floods)
    const response = await open(`${url}/lines?delayMs=0`)
    await waitUntil(async () => (await figures()).itemsOutPerSecond === 0, { withinMs: 30_000, describe: figures })
    expect(await figures()).toMatchObject({ streamCount: 1, itemsOutPerSecond: 0 })
    response.resume()
    await waitUntil(async () => (await figures()).itemsOutPerSecond > 0, { withinMs: 30_000, describe: figures })
    response.destroy()
    await end(frank)
    await end(server)
  })

  it.for(['the server', 'Redis'])(
    'outlives the actor, with the registry in %s: is cut off with it, says 503, and finds the next one',
    async (holder) => {
      const { server, url } = await startServer(holder === 'Redis' ? redis.address({ leaseMs: 2_000 }) : undefined)
      const before = await fetch(`${url}/cellar-door`)
      expect({ status: before.status, retryAfter: before.headers.get('retry-after') }).toEqual({
        status: 503,
        retryAfter: '1',
      })
      expect(await before.json()).toEqual({ error: expect.stringContaining("no actor called 'frank'") })
      for (let round = 0; round < 2; round += 1) {
        const frank = await startFrank(film)
        const response = await open(`${url}/lines`)
        await readLines(response, 3)
        const cut = Promise.withResolvers<Error>()
        response.on('error', cut.resolve)
        response.resume()
        await end(frank, 'SIGKILL')
        // What a root that is killed leaves: its run directory.
        await rm(dirname(/unix:(\S+)/.exec(frank.stdout())?.[1] ?? ''), { recursive: true })
        // Not a good end: what came is not all.
        expect(await cut.promise).toMatchObject({ code: 'ECONNRESET' })
        const meanwhile = await fetch(`${url}/lines`)
        expect({ status: meanwhile.status, retryAfter: meanwhile.headers.get('retry-after') }).toEqual({
          status: 503,
          retryAfter: '1',
        })
      }
      const frank = await startFrank(film)
      expect((await fetch(`${url}/cellar-door`)).status).toBe(200)
      expect(server.child.exitCode).toBe(null)
      // A stream that is open does not keep it from ending.
      const response = await open(`${url}/lines`)
      await readLines(response, 1)
      response.on('error', () => undefined)
      await end(server)
      expect(server.child.signalCode).toBe('SIGTERM')
      await end(frank)
      await redis.expectKeysGone()
    },
  )
})
