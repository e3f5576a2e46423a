import { mkdtempSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TlsOptions } from '../../engine/index.ts'
import type { RunOptions } from '../../index.ts'
import { type Network, type NetworkHost, openNetwork } from '../support/network.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startTold, type Told, type ToldProgram } from '../support/told-program.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

// Where the tests may not make hosts, they say so.
let network: Network | undefined
let whyNot: string | undefined
try {
  network = await openNetwork(['redis', 'anna', 'bert'])
} catch (error) {
  whyNot = error instanceof Error ? error.message : String(error)
  process.stderr.write(`SKIPPED: the tests on several hosts: ${whyNot}\n`)
}

interface StartOptions extends RunOptions {
  readonly leaseMs?: number
}

const heartbeat = { intervalMs: 300, limitMs: 1_500 }
const token = 'c2VjcmV0IG9mIGJvdGggb2YgdGhlbQ'

describe.skipIf(network === undefined)(`On several hosts${whyNot === undefined ? '' : ` (SKIPPED: ${whyNot})`}`, () => {
  const [hub, anna, bert] = (network?.hosts ?? []) as [NetworkHost, NetworkHost, NetworkHost]
  let server: RedisServer
  let client: Redis
  const programs: ToldProgram[] = []

  beforeAll(async () => {
    server = await openRedisServer({ place: hub })
    client = new Redis(server.socketPath, { disableClientInfo: true })
    client.on('connect', () => client.stream.unref())
    await client.ping()
  })

  afterAll(async () => {
    client.disconnect()
    await server.close()
    await network?.[Symbol.asyncDispose]()
  })
  const { notes } = openTreeBed()

  afterEach(async () => {
    await bert.mend()
    await Promise.all(programs.splice(0).map((program) => program.end()))
    await waitUntil(async () => (await client.keys('flow:*')).length === 0, { describe: () => client.keys('flow:*') })
  })

  const everywhere = { listen: ['tcp://0.0.0.0:0'], token, heartbeat }
  async function start(host: NetworkHost, name: string, options: StartOptions = {}): Promise<ToldProgram> {
    const { leaseMs = 900, ...more } = options
    const registry = `${server.url}?namespace=hosts&leaseMs=${leaseMs}`
    const program = await startTold(host, { registry, name, ...everywhere, ...more })
    programs.push(program)
    return program
  }

  it('actors with the same token find, call and stream from each other, at the address that others reach', async () => {
    const [a, b, stranger] = await Promise.all([
      start(anna, 'anna'),
      start(bert, 'bert'),
      start(bert, 'stranger', { token: 'something else' }),
    ])
    expect(b.addresses).toEqual([expect.stringMatching(/^tcp:\/\/10\.77\.0\.3:\d+$/)])
    expect(await a.ask('find', 'bert')).toMatchObject({ name: 'bert', host: 'bert', addresses: b.addresses })
    expect(await Promise.all([a.ask('read', 'bert', 20_000), b.ask('read', 'anna', 20_000)])).toEqual([20_000, 20_000])
    expect(await stranger.ask('find', 'anna')).toMatchObject({ code: 'FLOW_UNAUTHENTICATED' })
  })

  it('actors with certificates of one authority do, and no others', async () => {
    const tls = certificatesOf('actor')
    const [a, , stranger] = await Promise.all([
      start(anna, 'anna', { tls }),
      start(bert, 'bert', { tls, advertise: ['tcp://10.77.0.3:0'] }),
      start(bert, 'stranger', { tls: certificatesOf('stranger') }),
    ])
    expect(await a.ask('find', 'bert')).toMatchObject({ name: 'bert', host: 'bert' })
    expect(await a.ask('read', 'bert', 2_000)).toBe(2_000)
    expect(await stranger.ask('call', 'anna')).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN' })
  })

  it('the nearest is one of the same host, and addresses that lead nowhere from here are not tried', async () => {
    const [a] = await Promise.all([
      start(anna, 'anna'),
      start(anna, 'same'),
      start(bert, 'hermit', { listen: ['tcp://127.0.0.1:0'] }),
      start(bert, 'eremite', { listen: ['unix:' + notes('eremite.sock')] }),
    ])
    const b = await start(bert, 'same')
    expect(await a.ask('find', 'same')).toMatchObject({ host: 'bert' })
    expect(await a.ask('find', 'same', { select: 'nearest' })).toMatchObject({ host: 'anna' })
    expect(await b.ask('find', 'same', { select: 'nearest' })).toMatchObject({ host: 'bert' })
    // The files of these hosts are the same: a path would lead there if it were tried.
    for (const name of ['hermit', 'eremite']) {
      expect(await b.ask('find', name)).toMatchObject({ host: 'bert' })
      expect(await a.ask('find', name)).toMatchObject({
        code: 'FLOW_CHANNEL_BROKEN',
        message: expect.stringMatching(/on another host \(bert\) and listens there for that host alone/),
      })
    }
    // Nobody is taken for dead for that.
    expect(await a.ask('listed')).toEqual(['anna', 'eremite', 'hermit', 'same', 'same'])
  })

  it('one that was killed is skipped, reported and retired; one that is out of reach only where another answers', async () => {
    const leaseMs = 6_000
    const [a, c] = await Promise.all([start(anna, 'anna', { leaseMs }), start(anna, 'same', { leaseMs })])
    const killed = await start(bert, 'same', { leaseMs, runDirectory: mkdtempSync(notes('killed-')) })
    killed.kill('SIGKILL')
    await killed.ended
    expect(await a.ask('find', 'same')).toMatchObject({ host: 'anna' })
    expect(await a.ask('ledger', 'same')).toContainEqual([
      'expired',
      expect.stringMatching(/^nobody answers for it: .*ECONNREFUSED/),
    ])
    const unheard = await start(bert, 'same', { leaseMs })
    await bert.cut('silent')
    expect(await a.ask('find', 'same')).toMatchObject({ addresses: c.addresses })
    expect(await a.ask('listed')).toEqual(['anna', 'same', 'same'])
    await bert.mend()
    const found = async () => ((await a.ask('find', 'same')) as { addresses: string[] }).addresses
    await waitUntil(async () => isDeepStrictEqual(await found(), unheard.addresses), { describe: found })
  })

  it.for(['down', 'silent'] as const)(
    'a link that is cut (%s) ends calls on both sides, and all is well once it is back',
    async (how) => {
      const [a, b] = await Promise.all([start(anna, 'anna'), start(bert, 'bert')])
      const watching = a.tell('watch', 'bert')
      await watching.says(['came', 'bert'])
      const calls = [a.tell('call', 'bert'), a.tell('read', 'bert', 10_000_000), b.tell('call', 'anna')]
      await Promise.all(calls.map((call) => call.says('begun')))
      expect(((await b.ask('running')) as string[]).toSorted()).toEqual(['count', 'wait'])
      await bert.cut(how)
      for (const { result } of calls) expect(await result).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN', frozen: true })
      await waitUntil(async () => isDeepStrictEqual([await a.ask('running'), await b.ask('running')], [[], []]), {
        describe: () => Promise.all([a.ask('running'), b.ask('running')]),
      })
      await watching.says(['left', 'bert'])
      expect(await a.ask('find', 'bert')).toBeNull()
      await bert.mend()
      expect(await a.ask('waitFor', 'bert')).toMatchObject({ host: 'bert' })
      await waitUntil(() => watching.said.length === 3, { describe: () => watching.said })
      expect(watching.said).toEqual([
        ['came', 'bert'],
        ['left', 'bert'],
        ['came', 'bert'],
      ])
      expect(await a.ask('read', 'bert', 2_000)).toBe(2_000)
      // Ends without anybody to take leave of.
      await bert.cut(how)
      await b.end()
    },
  )

  it('a stream goes on over a link that comes back in time', async () => {
    const [a] = await Promise.all([
      start(anna, 'anna', { heartbeat: { intervalMs: 300, limitMs: 60_000 } }),
      start(bert, 'bert', { heartbeat: { intervalMs: 300, limitMs: 60_000 } }),
    ])
    const reading = a.tell('read', 'bert', 60_000)
    await reading.says('begun')
    await bert.cut('silent')
    let before = -1
    await waitUntil(
      async () => {
        const now = (await a.ask('readCount')) as number
        const stands = now === before
        before = now
        await new Promise((resolve) => setTimeout(resolve, 100))
        return stands
      },
      { describe: () => before },
    )
    expect(before).toBeLessThan(60_000)
    await bert.mend()
    expect(await reading.result).toBe(60_000)
  })

  it('who is cut off from Redis loses what is its own alone, and is known as stale by its number', async () => {
    const a = await start(anna, 'anna')
    const b = await start(bert, 'writer', { unique: true })
    const leading = b.tell('lead', 'duties')
    await leading.says('fence')
    const waiting = a.tell('lead', 'duties')
    const { fence } = (await b.ask('find', 'writer')) as { fence: number }
    await bert.cut('silent')
    // Told while it is cut off: it knows when it last heard of its lease.
    await leading.says('lost')
    expect(await leading.result).toMatchObject({ code: 'FLOW_LEASE_LOST', leaseName: 'duties' })
    await waiting.says('fence')
    expect(fenceOf(waiting)).toBeGreaterThan(fenceOf(leading))
    await waitUntil(async () => (await a.ask('find', 'writer')) === null, { describe: () => a.ask('listed') })
    await start(anna, 'writer', { unique: true })
    const heir = (await a.ask('find', 'writer')) as { fence: number; host: string }
    expect(heir.fence).toBeGreaterThan(fence)
    await bert.mend()
    // The registry has known the heir alone since: the stale one hears of it, and ends.
    expect(await b.ended).toMatchObject({ exitCode: 1, last: expect.stringMatching(/^failed: FLOW_LEASE_LOST/) })
    expect(await a.ask('find', 'writer')).toMatchObject({ host: 'anna', fence: heir.fence })
  })
})

function fenceOf({ said }: Told): number {
  return (said[0] as { fence: number }).fence
}

function certificatesOf(name: 'actor' | 'stranger'): TlsOptions {
  const read = (file: string) => readFileSync(new URL(`../fixtures/certificates/${file}`, import.meta.url), 'utf8')
  return { cert: read(`${name}.crt`), key: read(`${name}.key`), ca: read('authority.crt'), servername: 'actors.test' }
}
