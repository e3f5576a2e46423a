import { UsageError } from '../errors.ts'
import type { Transport } from '../transport.ts'
import { isMemoryAddressHere, memoryTransport } from './memory.ts'
import { isPortAddressHere, messagePortTransport } from './port-transport.ts'
import { createTcpTransport, type TcpOptions } from './tcp.ts'
import { unixSocketTransport } from './unix-socket.ts'

/** What the transports have to be told. */
export type TransportOptions = TcpOptions

interface Entry {
  readonly example: string
  /** Whether an address of this scheme can lead anywhere from here. */
  isReachable(address: string): boolean
  transport(options: TransportOptions): Transport
}

// The nearest first.
const catalog: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  [
    'memory',
    {
      example: 'memory:<pid>-<threadId>/<id>',
      isReachable: isMemoryAddressHere,
      transport: () => memoryTransport,
    },
  ],
  [
    'port',
    {
      example: 'port:<pid>-<threadId>/<id>',
      isReachable: isPortAddressHere,
      transport: () => messagePortTransport,
    },
  ],
  ['unix', { example: 'unix:/path/to/a.sock', isReachable: () => true, transport: () => unixSocketTransport }],
  ['tcp', { example: 'tcp://host:port', isReachable: () => true, transport: (options) => createTcpTransport(options) }],
])

const ranks: readonly string[] = [...catalog.keys()]

/** The transport of an address, by its scheme. Throws `UsageError` for a scheme that there is not. */
export function transportFor(address: string, options: TransportOptions = {}): Transport {
  const entry = catalog.get(schemeOf(address))
  if (entry === undefined) {
    const known = Array.from(catalog.values(), ({ example }) => example).join(', ')
    throw new UsageError(`'${address}' is no address of a kind that is known here: ${known}`)
  }
  return entry.transport(options)
}

/**
 * How near an address is, the lowest first: in this thread, in this process, on this host, anywhere. Undefined if it
 * cannot be reached from here. Of a unix socket or TCP address only a dial can tell.
 */
export function rankAddress(address: string): number | undefined {
  const scheme = schemeOf(address)
  return catalog.get(scheme)?.isReachable(address) ? ranks.indexOf(scheme) : undefined
}

function schemeOf(address: string): string {
  return address.slice(0, Math.max(0, address.indexOf(':')))
}
