import { type ActorAddress, ambientRuntime, type Registration } from '../engine/index.ts'
import { isHere } from './selection.ts'

type Runtime = NonNullable<ReturnType<typeof ambientRuntime>>

/**
 * Whether the actor is there, as far as it can be told. One whose addresses lead to nobody, or to another actor, is not: it
 * has died and its lease has not run out yet. The registry is told. One that only does not answer may be slow.
 */
export async function isThere(runtime: Runtime, registration: Registration): Promise<boolean> {
  if (!runtime.registry.mayListTheDead) return true
  const death = await runtime.channels.whyDead(reachable(registration))
  if (death === undefined) return true
  await runtime.registry.retire(registration.actor, { why: `nobody answers for it: ${death}` })
  return false
}

/** The addresses of an actor of another host that can lead to it from here. */
export function reachable(registration: Registration): ActorAddress {
  const { actor, addresses, host } = registration
  if (isHere(host)) return { actor, addresses }
  return { actor, addresses: addresses.filter((address) => !onlyOnItsHost.test(address)) }
}

const onlyOnItsHost = /^(?:memory|port|unix):|^tcp:\/\/(?:127\.|localhost\b|\[::1\])/
