import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import { waitUntil } from './wait-until.ts'

/** The redis-server of this run of the tests; it is started for the first who asks. */
async function redisOfThisRun(): Promise<string> {
  const answer = await text(connect(inject('redisSocket')))
  const [, what, value = ''] = /^(\w+) ([^]*)$/.exec(answer) ?? []
  if (what !== 'url') throw new Error(value)
  return value
}

/** What a test file has of a Redis. */
export interface RedisBed {
  /** The address of a registry in a namespace that nobody else has. */
  address(options?: { readonly leaseMs?: number }): string
  readonly client: Redis
  /** The keys of all the namespaces that this file has used, or of one address. */
  keys(address?: string): Promise<string[]>
  /** Waits until there are none: what a crash leaves is gone with its leases. */
  expectKeysGone(): Promise<void>
  /** Fails if there are any. */
  expectNoKeys(): Promise<void>
}

/** Gives a test file the redis-server of the run, or another one. */
export function openRedisBed(findUrl: () => Promise<string> = redisOfThisRun): RedisBed {
  const run = `test-${randomBytes(6).toString('hex')}`
  let url = ''
  let client: Redis
  let count = 0

  beforeAll(async () => {
    url = await findUrl()
    client = new Redis(url, { disableClientInfo: true, maxRetriesPerRequest: null })
    client.on('error', () => undefined)
    // Not among the handles that a test leaves.
    client.on('connect', () => client.stream.unref())
    await client.ping()
  }, 360_000)

  afterAll(async () => {
    const left = await keys()
    if (left.length > 0) await client.del(...left)
    client.disconnect()
  })

  const keys = async (address?: string) => {
    const namespace = address === undefined ? `${run}*` : (new URL(address).searchParams.get('namespace') ?? '')
    return (await client.keys(`flow:{${namespace}}:*`)).toSorted()
  }
  return {
    address({ leaseMs = 10_000 } = {}) {
      count += 1
      return `${url}${url.includes('?') ? '&' : '?'}namespace=${run}-${count}&leaseMs=${leaseMs}`
    },
    get client() {
      return client
    },
    keys,
    expectKeysGone: () => waitUntil(async () => (await keys()).length === 0, { describe: () => keys() }),
    async expectNoKeys() {
      expect(await keys()).toEqual([])
    },
  }
}
