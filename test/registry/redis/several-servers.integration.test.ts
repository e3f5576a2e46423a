import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import type { Registry } from '../../../engine/index.ts'
import { registrationOf } from '../../contracts/registry-bed.ts'
import { openAsActor } from '../../support/redis-actors.ts'
import { openRedisServer, type RedisServer, type RedisServerOptions } from '../../support/redis-server.ts'
import { waitUntil } from '../../support/wait-until.ts'

const signal: AbortSignal = new AbortController().signal
const servers: RedisServer[] = []
const clients: Redis[] = []

async function open(options: RedisServerOptions = {}): Promise<{ server: RedisServer; client: Redis }> {
  const server = await openRedisServer(options)
  servers.push(server)
  const client = new Redis(server.url, { disableClientInfo: true })
  client.on('error', () => undefined)
  clients.push(client)
  return { server, client }
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** That a registry does what it is for: it is told, finds, waits, watches and lets lead. */
async function expectToWork(registry: Registry): Promise<void> {
  const [donny, frank] = [registrationOf('donny'), registrationOf('frank')]
  const waiting = registry.waitFor('donny', { signal })
  const lease = await registry.register(donny)
  expect(await waiting).toEqual(donny)
  const changes = registry.watch('*')
  expect((await changes.next()).value?.registration).toEqual(donny)
  const other = await registry.register(frank)
  expect((await changes.next()).value?.registration).toEqual(frank)
  await changes.return?.()
  const first = await registry.lead('duties', { signal })
  const second = registry.lead('duties', { signal })
  await first.release()
  await (await second).release()
  await Promise.all([lease.release(), other.release()])
  expect(await registry.list()).toEqual([])
}

describe('The registry on a cluster', () => {
  it('works, with all of a namespace in one of its servers', async () => {
    const { server, client } = await open({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await waitUntil(async () => String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'), {
      describe: () => client.call('CLUSTER', 'INFO'),
    })
    const registry = await openAsActor(`redis+cluster://127.0.0.1:${server.port}?namespace=several`)
    await expectToWork(registry)
    await registry.close()
    expect(await client.keys('flow:*')).toEqual([])
  })
})

describe('The registry behind sentinels', () => {
  it('works, and goes on with the next master when one is gone: whoever lives is registered there', async () => {
    const { server: master, client: onMaster } = await open()
    const { server: replica, client } = await open({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    await waitUntil(async () => (await onMaster.info('replication')).includes('state=online'), {
      describe: () => onMaster.info('replication'),
    })
    const { server: sentinel } = await open({
      sentinel: [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds main 300',
        'sentinel failover-timeout main 2000',
      ],
    })
    const asked = new Redis(`redis://127.0.0.1:${sentinel.port}`, { disableClientInfo: true })
    clients.push(asked)
    await waitUntil(
      async () => String(await asked.call('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)),
      {
        describe: () => asked.call('SENTINEL', 'REPLICAS', 'main'),
      },
    )
    const registry = await openAsActor(`redis+sentinel://127.0.0.1:${sentinel.port}/main?namespace=several&leaseMs=600`)
    await expectToWork(registry)
    const donny = { ...registrationOf('donny'), unique: true }
    const lease = await registry.register(donny)
    await master.kill()
    const waiting = registry.waitFor('frank', { signal })
    await waitUntil(async () => (await client.info('replication')).includes('role:master'), {
      withinMs: 30_000,
      describe: () => client.info('replication'),
    })
    await registry.register(registrationOf('frank'))
    expect((await waiting).actor.name).toBe('frank')
    await waitUntil(async () => (await registry.find('donny'))?.actor.id === donny.actor.id, {
      describe: () => registry.list(),
    })
    expect(lease.fence).toBeGreaterThan(0)
    await registry.close()
    expect(await client.keys('flow:*')).toEqual([])
  })
})
