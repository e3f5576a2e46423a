import { UsageError } from '../../engine/index.ts'

interface Host {
  readonly host: string
  readonly port: number
}

/** Files in PEM: the authority of the servers, where that is none of the usual ones, and what this side shows if it is asked. */
export interface RedisTlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** What a server wants to know of whoever comes. */
export interface RedisAccess {
  readonly username?: string
  readonly password?: string
  readonly tls?: RedisTlsFiles
}

/** One server, a cluster of them, or the master that sentinels name. */
export type RedisServers =
  | { readonly kind: 'one'; readonly host: Host; readonly access: RedisAccess; readonly db: number }
  | { readonly kind: 'cluster'; readonly hosts: readonly Host[]; readonly access: RedisAccess }
  | {
      readonly kind: 'sentinel'
      readonly hosts: readonly Host[]
      readonly name: string
      readonly sentinelPassword: string | undefined
      readonly access: RedisAccess
      readonly db: number
    }

/** What the address of a Redis registry says. */
export interface RedisAddress {
  readonly servers: RedisServers
  /** For messages: without passwords. */
  readonly shown: string
  readonly namespace: string
  /** How long an actor that says nothing is still found. Milliseconds. */
  readonly leaseMs: number
  /** How many entries the ledger keeps, about. */
  readonly ledgerCount: number
  /** How long the ledger is kept when the last actor has left. Milliseconds. */
  readonly keepLedgerMs: number
}

const form =
  /^(?<scheme>rediss?)(?:\+(?<kind>cluster|sentinel))?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<hosts>[^/?@]+)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/
const tlsFiles = { ca: 'tlsCa', cert: 'tlsCert', key: 'tlsKey' } as const
const known: readonly string[] = ['namespace', 'leaseMs', 'ledgerCount', 'keepLedgerMs', 'sentinelPassword'].concat(
  Object.values(tlsFiles),
)

/** The address without its passwords. */
function withoutPasswords(address: string): string {
  return address.replace(/\/\/[^/?]*@/, '//').replace(/(sentinelPassword=)[^&]*/, '$1***')
}

/**
 * Reads `redis://user:password@host:port/db?namespace=…`, `rediss://…` (TLS), `redis+cluster://host:port,host:port` and
 * `redis+sentinel://host:port,host:port/master/db`. Throws `UsageError` for what is none of them.
 */
export function parseRedisAddress(address: string): RedisAddress {
  const shown = withoutPasswords(address)
  const refuse = (why: string) => new UsageError(`the registry '${shown}' cannot be: ${why}`)
  const groups = form.exec(address)?.groups
  if (groups === undefined) throw refuse('its address must be like redis://user:password@host:port/db?namespace=name')
  const parameters = new URLSearchParams(groups['query'])
  const unknown = [...parameters.keys()].find((key) => !known.includes(key))
  if (unknown !== undefined) throw refuse(`'${unknown}' is not known in its address: ${known.join(', ')} are`)
  const namespace = parameters.get('namespace') ?? 'default'
  if (!/^[\w.-]{1,128}$/.test(namespace)) {
    throw refuse(`a namespace has letters, digits and . _ - in it, not '${namespace}'`)
  }
  const numberOf = (key: string, usual: number, least: number): number => {
    const text = parameters.get(key)
    const value = text === null ? usual : Number(text)
    if (!Number.isSafeInteger(value) || value < least) throw refuse(`${key} is a whole number from ${least} up`)
    return value
  }
  return {
    servers: serversOf(groups, parameters, refuse),
    shown,
    namespace,
    leaseMs: numberOf('leaseMs', 10_000, 100),
    ledgerCount: numberOf('ledgerCount', 10_000, 1),
    keepLedgerMs: numberOf('keepLedgerMs', 0, 0),
  }
}

function serversOf(
  groups: Readonly<Record<string, string | undefined>>,
  parameters: URLSearchParams,
  refuse: (why: string) => Error,
): RedisServers {
  const parts = (groups['path'] ?? '').split('/').slice(1).map(decode)
  const dbOf = (text = '0'): number => {
    if (!/^\d*$/.test(text)) throw refuse(`'${text}' is no number of a database`)
    return Number(text)
  }
  const [username, password] = [decode(groups['user']), decode(groups['password'])]
  const access: RedisAccess = {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...tlsOf(groups['scheme'] === 'rediss', parameters, refuse),
  }
  const usualPort = groups['kind'] === 'sentinel' ? 26_379 : 6_379
  const [host, ...others] = (groups['hosts'] ?? '').split(',').map((text) => hostOf(text, usualPort, refuse))
  if (host === undefined) throw refuse('it names no host')
  switch (groups['kind']) {
    case 'cluster':
      if (parts.some((part) => part !== '')) throw refuse('a cluster has no databases')
      return { kind: 'cluster', hosts: [host, ...others], access }
    case 'sentinel': {
      const [name = '', db] = parts
      if (name === '') throw refuse('after its sentinels comes the name of the master: redis+sentinel://host:port/name')
      const sentinelPassword = parameters.get('sentinelPassword') ?? undefined
      return { kind: 'sentinel', hosts: [host, ...others], name, sentinelPassword, access, db: dbOf(db) }
    }
    default:
      if (others.length > 0)
        throw refuse('several servers are a redis+cluster:// or, for sentinels, a redis+sentinel://')
      return { kind: 'one', host, access, db: dbOf(parts[0]) }
  }
}

function tlsOf(isTls: boolean, parameters: URLSearchParams, refuse: (why: string) => Error): { tls?: RedisTlsFiles } {
  const files: RedisTlsFiles = Object.fromEntries(
    Object.entries(tlsFiles).flatMap(([what, key]) => (parameters.has(key) ? [[what, parameters.get(key)]] : [])),
  )
  if (!isTls && Object.keys(files).length > 0) throw refuse('TLS is what rediss:// speaks, and redis:// does not')
  if ((files.cert === undefined) !== (files.key === undefined)) throw refuse('tlsCert and tlsKey belong together')
  return isTls ? { tls: files } : {}
}

function hostOf(text: string, usualPort: number, refuse: (why: string) => Error): Host {
  const groups = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups
  if (groups === undefined) throw refuse(`'${text}' is no host and port`)
  return { host: groups['v6'] ?? groups['name'] ?? '', port: Number(groups['port'] ?? usualPort) }
}

function decode(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
