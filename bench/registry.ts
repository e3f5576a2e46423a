// How fast the registry on Redis is: actors that register at once, and look-ups among many names. With the redis-server of
// REDIS_URL, or else one of its own from PATH.
//
// node bench/registry.ts [--actors 500] [--names 10000] [--look-ups 5000]
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  type Definition,
  defineActor,
  type Functions,
  findActor,
  getRegistry,
  openNursery,
  type Portal,
  type Registration,
  run,
} from '../index.ts'
import { percentile } from './harness/statistics.ts'

export const answers: Definition<{ yes: () => true }> = defineActor(import.meta.url, { yes: () => true })

if (import.meta.main) await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      actors: { type: 'string', default: '500' },
      names: { type: 'string', default: '10000' },
      'look-ups': { type: 'string', default: '5000' },
    },
  })
  const counts = { actors: Number(values.actors), names: Number(values.names), lookUps: Number(values['look-ups']) }
  const given = process.env['REDIS_URL'] ?? ''
  const server = given === '' ? await startServer() : undefined
  try {
    const address = new URL(server?.url ?? given)
    address.searchParams.set('namespace', `bench-${randomBytes(6).toString('hex')}`)
    await run(() => measure(counts), { registry: address.href, name: 'bench' })
  } finally {
    server?.end()
  }
}

interface Counts {
  readonly actors: number
  readonly names: number
  readonly lookUps: number
}

async function measure({ actors, names, lookUps }: Counts): Promise<void> {
  const registry = await getRegistry()
  const all = Array.from({ length: names }, (_, n) => registrationOf(`name-${n}`))
  const [crowd, others] = [all.slice(0, actors), all.slice(actors)]
  await time(`${crowd.length} actors register at once`, () => Promise.all(crowd.map((each) => registry.register(each))))
  await time(`${crowd.length} are found, each by its name`, async () => {
    const found = await Promise.all(crowd.map(({ actor }) => registry.find(actor.name)))
    if (found.some((each, n) => each?.actor.id !== crowd[n]?.actor.id)) throw new Error('not all were found')
  })
  // No more at once than may wait for an answer.
  while (others.length > 0) await Promise.all(others.splice(0, 1_000).map((each) => registry.register(each)))
  await openNursery(async (nursery) => {
    const living = Array.from({ length: 100 }, (_, n) => `living-${n}`)
    const started: Portal<Functions>[] = []
    await time(`${living.length} inline actors are started, and register`, async () => {
      started.push(...(await Promise.all(living.map((name) => nursery.startActor(name, answers, { spawn: 'inline' })))))
    })
    const turn = (list: readonly string[], n: number) => list[(n * 7_919) % list.length] ?? ''
    const nameOf = all.map(({ actor }) => actor.name)
    await series(`registry.find among ${names} names`, lookUps, async (n) => registry.find(turn(nameOf, n)))
    await series(`findActor among ${names} names`, lookUps, async (n) => findActor(turn(living, n), answers))
    await Promise.all(started.map((portal) => portal.cancelActor()))
  })
}

function registrationOf(name: string): Registration {
  const id = randomBytes(6).toString('hex')
  const place = { addresses: [`unix:/run/${id}.sock`], pid: 1, host: 'bench' }
  return { actor: { name, id }, ...place, functions: ['yes'], startedAt: Date.now() }
}

async function time(what: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  await work()
  print(what, `${(performance.now() - began).toFixed(1)} ms`)
}

async function series(what: string, count: number, look: (n: number) => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let n = 0; n < count; n += 1) {
    const began = performance.now()
    if ((await look(n)) === undefined) throw new Error(`${what}: not found`)
    times.push(performance.now() - began)
  }
  const at = (share: number) => `${percentile(times, share).toFixed(2)} ms`
  print(what, `p50 ${at(0.5)}, p99 ${at(0.99)}, the longest ${at(1)}`)
}

function print(what: string, figures: string): void {
  process.stdout.write(`${what.padEnd(50)} ${figures}\n`)
}

async function startServer(): Promise<{ readonly url: string; end(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'actorflow-bench-'))
  const port = String(20_000 + (process.pid % 10_000))
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const server = spawn('redis-server', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const failed = new Promise<never>((_, reject) => {
    server.once('error', (cause) => reject(new Error('there is no redis-server on PATH: set REDIS_URL', { cause })))
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
  })
  failed.catch(() => undefined)
  while (!(await Promise.race([isListening(Number(port)), failed]))) await delay(10)
  const end = () => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `redis://127.0.0.1:${port}`, end }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
