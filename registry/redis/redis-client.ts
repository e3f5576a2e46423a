import { readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { RegistryUnavailableError } from '../../engine/index.ts'
import type { RedisAccess, RedisAddress } from './redis-address.ts'

export type RedisClient = Redis | Cluster

// A server that is back is found soon, and one that is away for long is not run into by all at once.
const retryMs = (tries: number): number => Math.min(1_000, 25 * 2 ** Math.min(tries, 6)) * (0.75 + Math.random() / 2)

/**
 * Opens a client, which connects by itself, and again whenever it has to. Commands are not queued while it cannot: whoever
 * calls knows best whether to wait. It does not keep the process alive. Throws `RegistryUnavailableError` if a file of its
 * certificates cannot be read.
 */
export function openClient({ servers, shown }: RedisAddress, connectionName: string): RedisClient {
  const { tls: files, ...names } = servers.access
  const tls = files === undefined ? {} : { tls: readTlsFiles(files, shown) }
  const access = { ...names, ...tls }
  const common = {
    connectionName,
    disableClientInfo: true,
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // All that wait fail with the connection.
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    // What is to be said is said when it is closed: it need not linger.
    disconnectTimeout: 0,
    // After a failover: the one it was connected to may not write any more.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
  } as const
  switch (servers.kind) {
    case 'one':
      return released(new Redis({ ...common, retryStrategy: retryMs, ...access, ...servers.host, db: servers.db }))
    case 'sentinel': {
      const { hosts, name, sentinelPassword, db } = servers
      const secured = tls.tls === undefined ? {} : { sentinelTLS: tls.tls, enableTLSForSentinelMode: true }
      const sentinels = { sentinels: [...hosts], name, sentinelRetryStrategy: retryMs, ...secured }
      const secret = sentinelPassword === undefined ? {} : { sentinelPassword }
      return released(new Redis({ ...common, retryStrategy: retryMs, ...access, ...sentinels, ...secret, db }))
    }
    case 'cluster': {
      const { lazyConnect, enableOfflineQueue, ...redisOptions } = common
      const client = new Cluster([...servers.hosts], {
        lazyConnect,
        enableOfflineQueue,
        clusterRetryStrategy: retryMs,
        redisOptions: { ...redisOptions, ...access },
      })
      client.on('+node', released)
      return client
    }
  }
}

/** With a socket that does not keep the process alive, and no word about a password that would not have been needed. */
function released(client: Redis): Redis {
  const auth = client.auth.bind(client) as (...args: unknown[]) => Promise<'OK'>
  const quietly = async (...args: unknown[]): Promise<'OK'> => {
    try {
      return await auth(...args)
    } catch (error) {
      if (error instanceof Error && isNeedless.test(error.message)) return 'OK'
      throw error
    }
  }
  client.auth = quietly
  return client.on('connect', () => client.stream.unref())
}

const isNeedless = /no password is set|without any password configured/

function readTlsFiles(files: NonNullable<RedisAccess['tls']>, shown: string): { [name in keyof typeof files]: Buffer } {
  return Object.fromEntries(
    Object.entries(files).map(([name, path]) => {
      try {
        return [name, readFileSync(path)]
      } catch (error) {
        throw new RegistryUnavailableError(shown, `${path} cannot be read`, { cause: error })
      }
    }),
  )
}
