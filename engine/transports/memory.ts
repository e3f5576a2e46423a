import { UsageError } from '../errors.ts'
import { loadTimers } from '../late-builtins.ts'
import type { Connection, Listener, Transport } from '../transport.ts'
import { MemoryConnection } from './memory-connection.ts'
import { addressHere, connectionRefused, isInThisThread, parseThreadAddress } from './thread-address.ts'

const scheme = 'memory'

// Who listens in this realm, by address.
const listeners = new Map<string, (connection: Connection) => void>()

/** Actors of one thread: `memory:<pid>-<threadId>/<id>`. Another thread's, or another process's, cannot be dialled. */
export const memoryTransport: Transport = {
  scheme,

  async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listener> {
    if (!isMemoryAddressHere(address)) {
      throw new UsageError(`cannot listen at '${address}': write ${memoryAddress('<id>')}, which is in this thread`)
    }
    if (listeners.has(address)) throw new UsageError(`cannot listen at ${address}: it is taken already`)
    listeners.set(address, onConnection)
    return {
      address,
      async close() {
        if (listeners.get(address) === onConnection) listeners.delete(address)
      },
    }
  },

  async dial(address: string, { signal }: { signal?: AbortSignal } = {}): Promise<Connection> {
    if (parseThreadAddress(scheme, address) === undefined) {
      throw new UsageError(`'${address}' is no address in memory: it has the form ${scheme}:<pid>-<threadId>/<id>`)
    }
    signal?.throwIfAborted()
    // In a later turn, as a system would: who dials and who listens are not in each other's call.
    await loadTimers().setImmediate()
    signal?.throwIfAborted()
    const onConnection = listeners.get(address)
    if (onConnection === undefined) {
      const why = isMemoryAddressHere(address) ? 'nobody listens there' : 'it is not in this thread'
      throw connectionRefused(address, why)
    }
    const [ours, theirs] = memoryConnectionPair(address)
    onConnection(theirs)
    return ours
  },
}

/** The address in this thread under which an actor can listen for others of the thread. */
export function memoryAddress(id: string): string {
  return addressHere(scheme, id)
}

/** Whether it is a memory address that can be dialled from this thread. */
export function isMemoryAddressHere(address: string): boolean {
  return isInThisThread(parseThreadAddress(scheme, address))
}

/** Two connected ends in this thread, for a parent and its inline child. */
export function memoryConnectionPair(label: string): [Connection, Connection] {
  const left = new MemoryConnection(label)
  const right = new MemoryConnection(label)
  MemoryConnection.connect(left, right)
  return [left, right]
}
