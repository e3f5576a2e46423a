import { Cluster, Redis } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'

export type RedisClient = Redis | Cluster

// A server that is back is found soon, and one that is away for long is not run into by all at once.
const retryMs = (tries: number): number => Math.min(1_000, 25 * 2 ** Math.min(tries, 6)) * (0.75 + Math.random() / 2)

/**
 * Opens a client, which connects by itself, and again whenever it has to. Commands are not queued while it cannot: whoever
 * calls knows best whether to wait. It does not keep the process alive.
 */
export function openClient({ servers }: RedisAddress, connectionName: string): RedisClient {
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
      return released(
        new Redis({ ...common, retryStrategy: retryMs, ...servers.access, ...servers.host, db: servers.db }),
      )
    case 'sentinel': {
      const { hosts, name, sentinelPassword, access, db } = servers
      const sentinels = { sentinels: [...hosts], name, sentinelRetryStrategy: retryMs }
      const secret = sentinelPassword === undefined ? {} : { sentinelPassword }
      return released(new Redis({ ...common, retryStrategy: retryMs, ...access, ...sentinels, ...secret, db }))
    }
    case 'cluster': {
      const { lazyConnect, enableOfflineQueue, ...redisOptions } = common
      const client = new Cluster([...servers.hosts], {
        lazyConnect,
        enableOfflineQueue,
        clusterRetryStrategy: retryMs,
        redisOptions: { ...redisOptions, ...servers.access },
      })
      client.on('+node', released)
      return client
    }
  }
}

/** With a socket that does not keep the process alive. */
function released(client: Redis): Redis {
  return client.on('connect', () => client.stream.unref())
}
