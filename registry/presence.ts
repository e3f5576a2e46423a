import {
  type ActorAddress,
  ambientRuntime,
  hasSameFiles,
  hostId,
  isLoopback,
  type Registration,
} from '../engine/index.ts'
import { isHere } from './selection.ts'

type Runtime = NonNullable<ReturnType<typeof ambientRuntime>>

/** Whether an actor is there, as far as it can be told from here: one that does not answer may be slow, or out of reach. */
export type Presence = 'there' | 'silent' | 'dead'

/**
 * Looks whether the actor is there. One whose addresses lead to nobody, or to another actor, is not: it has died and its lease has
 * not run out yet. The registry is told.
 */
export async function presenceOf(runtime: Runtime, registration: Registration): Promise<Presence> {
  if (!runtime.registry.mayListTheDead) return 'there'
  const found = await runtime.channels.look(reachable(registration))
  if (found.presence !== 'dead') return found.presence
  if (!isTelling(registration)) return 'silent'
  await runtime.registry.retire(registration.actor, { why: `nobody answers for it: ${found.why}` })
  return 'dead'
}

/** Where this process reaches an actor: those of its addresses that can lead to it from here, or why none does. */
export function reachable(registration: Registration): ActorAddress {
  const { actor, addresses, host } = registration
  if (isHere(registration)) return { actor, addresses }
  const leading = addresses.filter((address) => !isOnlyOnItsHost(address))
  if (leading.length > 0 || addresses.length === 0) return { actor, addresses: leading }
  const whyNone = `it is on another host (${host}) and listens there for that host alone, at ${addresses.join(' ')}`
  return { actor, addresses: leading, whyNone: `${whyNone}: have it listen at tcp://0.0.0.0:0` }
}

function isOnlyOnItsHost(address: string): boolean {
  return /^(?:memory|port|unix):/.test(address) || (address.startsWith('tcp:') && isLoopback(address))
}

/** Whether it says anything that nobody is there: a path is not the same to a process that sees other files. */
function isTelling({ addresses, hostId: id }: Registration): boolean {
  return id === undefined || hasSameFiles(id, hostId()) || !addresses.some((address) => address.startsWith('unix:'))
}
