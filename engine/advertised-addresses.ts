import { isIPv6 } from 'node:net'
import { UsageError } from './errors.ts'
import { loadOs } from './late-builtins.ts'
import { formatTcpAddress, isLoopback, parseTcpAddress } from './transports/tcp-address.ts'

/** What is known of where others find an actor. */
export interface Advertising {
  /** The TCP addresses that they are told in the place of those at which it listens. */
  readonly advertise?: readonly string[] | undefined
  /** Where the registry is: others that it serves come from there, or from farther away. */
  readonly registryHost?: string | undefined
}

// For documentation: nobody is there, and the way to it is that to any other host.
const farAway = '198.51.100.1'

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * The addresses that others are told of an actor that listens at those. In the place of one that stands for every address of
 * this host (0.0.0.0, ::) comes the one from which the registry is reached; where that is loopback, the one from which the rest
 * of the world is; else the only one that there is. Throws `UsageError` where none of that tells.
 */
export async function advertisedAddresses(
  bound: readonly string[],
  { advertise, registryHost }: Advertising,
): Promise<readonly string[]> {
  if (advertise !== undefined) return [...bound.filter((address) => !isTcp(address)), ...named(advertise, bound)]
  return await Promise.all(
    bound.map(async (address) => (isEverywhere(address) ? await instead(address, registryHost) : address)),
  )
}

/** Throws `UsageError` for what nobody could reach. */
export function checkAdvertised(advertise: readonly string[] | undefined, listen: readonly string[]): void {
  if (advertise === undefined) return
  const listening = listen.filter(isTcp)
  for (const address of advertise) {
    const { port } = parseTcpAddress(address)
    if (isEverywhere(address)) throw new UsageError(`${address} leads nowhere: advertise an address of this host`)
    if (listening.length === 0) {
      throw new UsageError(
        `${address} is to be advertised, but it listens at no TCP address: listen at tcp://0.0.0.0:0`,
      )
    }
    if (port === 0 && listening.length > 1) {
      throw new UsageError(`${address} is to be advertised with the port at which it listens, but there are several`)
    }
  }
}

function named(advertise: readonly string[], bound: readonly string[]): string[] {
  const listening = bound.find(isTcp)
  return advertise.map((address) => {
    const { host, port } = parseTcpAddress(address)
    if (port !== 0 || listening === undefined) return address
    return formatTcpAddress(host, parseTcpAddress(listening).port)
  })
}

async function instead(address: string, registryHost: string | undefined): Promise<string> {
  const { host, port } = parseTcpAddress(address)
  const at = (mine: string) => formatTcpAddress(mine, port)
  for (const other of registryHost === undefined ? [farAway] : [registryHost, farAway]) {
    const facing = await addressFacing(other)
    if (facing !== undefined && !isLoopback(at(facing)) && (host === '::' || !isIPv6(facing))) return at(facing)
  }
  const mine = ownAddresses(host)
  if (mine.length > 1) {
    const [first = ''] = mine
    throw new UsageError(
      `${address} stands for every address of this host, which has several (${mine.join(', ')}): ` +
        `say at which others reach it: advertise ${formatTcpAddress(first, 0)}`,
    )
  }
  return at(mine[0] ?? '127.0.0.1')
}

/** The address of this host from which packets go to another one. None is sent. */
async function addressFacing(host: string): Promise<string | undefined> {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const { lookup } = process.getBuiltinModule('node:dns/promises')
  try {
    const { address, family } = await lookup(host)
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.connect(9, address, resolve)
      })
      const facing = socket.address().address
      return isIPv6(facing) ? facing.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '') : facing
    } finally {
      socket.close()
    }
  } catch {
    // Out of reach from here, for now at least.
    return undefined
  }
}

function ownAddresses(bound: string): readonly string[] {
  const all = Object.values(loadOs().networkInterfaces()).flatMap((each) => each ?? [])
  const outer = all.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
  const of = (family: string) => outer.filter((each) => each.family === family).map(({ address }) => address)
  const ipv4 = of('IPv4')
  return bound === '::' && ipv4.length === 0 ? of('IPv6') : ipv4
}

function isTcp(address: string): boolean {
  return address.startsWith('tcp:')
}

function isEverywhere(address: string): boolean {
  return isTcp(address) && everywhere.has(parseTcpAddress(address).host)
}
