import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { startProgram } from '../../support/program.ts'
import { openAsActor } from '../../support/redis-actors.ts'
import { openRedisServer, type RedisServer, type RedisServerOptions } from '../../support/redis-server.ts'
import { errorOf } from '../../support/thrown.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { expectToWork } from './working-registry.ts'

const servers: RedisServer[] = []

async function open(options: RedisServerOptions): Promise<RedisServer> {
  const server = await openRedisServer(options)
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const file = (name: string) => fileURLToPath(new URL(`../../fixtures/certificates/${name}`, import.meta.url))
const certificates = { cert: file('actor.crt'), key: file('actor.key'), ca: file('authority.crt') }
const shown = `tlsCert=${file('actor.crt')}&tlsKey=${file('actor.key')}`

const clientOf = (server: RedisServer) => new Redis(server.socketPath, { disableClientInfo: true })

async function expectNothingLeft(server: RedisServer): Promise<void> {
  const client = clientOf(server)
  expect(await client.keys('flow:*')).toEqual([])
  client.disconnect()
}

/** Why an actor below another one, which comes up without it, has no registry. */
async function outageAt(address: string): Promise<string | undefined> {
  const registry = await openAsActor(address, { isRoot: false })
  await waitUntil(() => registry.outage !== undefined, { describe: () => address })
  const why = registry.outage?.message
  await registry.close()
  return why
}

describe('The registry on a Redis with TLS', () => {
  it('works where both sides know each other by their certificates', async () => {
    const server = await open({ tls: certificates, args: ['--tls-auth-clients', 'yes'] })
    const registry = await openAsActor(`${server.url}?namespace=guarded&tlsCa=${certificates.ca}&${shown}`)
    await expectToWork(registry)
    await registry.close()
    await expectNothingLeft(server)
    expect(await outageAt(`${server.url}?tlsCa=${certificates.ca}`)).toMatch(/certificate required|closed/i)
  })

  it('works on a cluster and behind sentinels that speak TLS alone', async () => {
    const withTls = ['--tls-replication', 'yes', '--tls-cluster', 'yes', '--cluster-announce-ip', '127.0.0.1']
    const node = await open({ tls: certificates, args: ['--cluster-enabled', 'yes', ...withTls] })
    const onNode = clientOf(node)
    await onNode.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await waitUntil(async () => String(await onNode.call('CLUSTER', 'INFO')).includes('cluster_state:ok'), {
      describe: () => onNode.call('CLUSTER', 'INFO'),
    })
    onNode.disconnect()
    const master = await open({ tls: certificates })
    const sentinel = await open({
      tls: certificates,
      args: ['--tls-replication', 'yes'],
      sentinel: [`sentinel monitor main 127.0.0.1 ${master.port} 1`],
    })
    for (const where of [`cluster://127.0.0.1:${node.port}`, `sentinel://127.0.0.1:${sentinel.port}/main`]) {
      const registry = await openAsActor(`rediss+${where}?namespace=guarded&tlsCa=${certificates.ca}`)
      await expectToWork(registry)
      await registry.close()
    }
    for (const server of [node, master]) await expectNothingLeft(server)
  })

  it('says what is wrong with a server that it has no reason to trust, and with a file that is not there', async () => {
    const server = await open({ tls: certificates })
    expect(await outageAt(server.url)).toMatch(/certificate/)
    expect(await outageAt(`${server.url}?tlsCa=${file('stranger-authority.crt')}`)).toMatch(/certificate/)
    expect(await errorOf(openAsActor(`${server.url}?tlsCa=/nowhere/ca.crt`))).toMatchObject({
      code: 'FLOW_REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('/nowhere/ca.crt cannot be read'),
    })
  })
})

describe('The registry on a Redis with users', () => {
  it('works for one that may do no more than it has to, and says what another may not', async () => {
    const rights = ['~flow:*', '+@read', '+@write', '+@scripting', '+@connection', '+time', '+info']
    const users = ['--user', 'worker', 'on', '>p@ss', ...rights, '--user', 'default', 'off']
    const server = await open({ args: users })
    const at = (who: string) => `redis://${who}@127.0.0.1:${server.port}/?namespace=guarded`
    const registry = await openAsActor(at('worker:p%40ss'))
    await expectToWork(registry)
    await registry.close()
    expect(await outageAt(at('worker:other'))).toMatch(/WRONGPASS/)
    expect(await outageAt(`redis://127.0.0.1:${server.port}`)).toMatch(/NOAUTH/)
  })

  it('takes no notice of a password that nobody wants', async () => {
    const server = await open({})
    const address = `redis://:needless@127.0.0.1:${server.port}?namespace=guarded`
    const program = startProgram('loads.ts', address)
    expect(await program.ended).toMatchObject({ exitCode: 0, stderr: '' })
    await expectNothingLeft(server)
  })
})
