import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { registrationOf } from '../../contracts/registry-bed.ts'
import { openAsActor } from '../../support/redis-actors.ts'
import { openRedisServer, type RedisServer, type RedisServerOptions } from '../../support/redis-server.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { expectToWork } from './working-registry.ts'

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

describe('The registry on a cluster', () => {
  it('works, with all of a namespace in one of its servers, whichever that is', async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']
    const nodes = await Promise.all(Array.from({ length: 3 }, () => open({ args })))
    const slots = [0, 5_461, 10_923, 16_384]
    await Promise.all(
      nodes.map(async ({ client }, n) => {
        await client.call('CLUSTER', 'ADDSLOTSRANGE', String(slots[n]), String((slots[n + 1] ?? 0) - 1))
        for (const { server } of nodes) await client.call('CLUSTER', 'MEET', '127.0.0.1', String(server.port))
      }),
    )
    const states = () => Promise.all(nodes.map(async ({ client }) => String(await client.call('CLUSTER', 'INFO'))))
    await waitUntil(async () => (await states()).every((state) => state.includes('cluster_state:ok')), {
      withinMs: 30_000,
      describe: states,
    })
    const used = new Set<number>()
    for (let n = 0; used.size < nodes.length; n += 1) {
      const slot = Number(await nodes[0]?.client.call('CLUSTER', 'KEYSLOT', `flow:{several-${n}}:actors`))
      const home = slots.findIndex((first) => slot < first) - 1
      if (used.has(home)) continue
      used.add(home)
      // One of them is all that is said of the cluster.
      const registry = await openAsActor(`redis+cluster://127.0.0.1:${nodes[0]?.server.port}?namespace=several-${n}`)
      await expectToWork(registry, async () => {
        const sizes = await Promise.all(nodes.map(({ client }) => client.dbsize()))
        expect(sizes.map((size) => size > 0)).toEqual(nodes.map((_, index) => index === home))
      })
      await registry.close()
    }
    expect(await Promise.all(nodes.map(({ client }) => client.dbsize()))).toEqual([0, 0, 0])
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
