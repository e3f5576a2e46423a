import type { ActorId } from './errors.ts'

/** Where an actor can be reached: addresses such as `unix:/path`. */
export interface ActorAddress {
  readonly actor: ActorId
  readonly addresses: readonly string[]
  /** Why there is none. */
  readonly whyNone?: string
}

/** Where those who call an actor find it: fixed for most; for one that its nursery starts again, wherever it is then. */
export interface Location {
  /** Who is there, or was last. */
  readonly actor: ActorId
  /** Undefined while nobody is there. */
  readonly address: ActorAddress | undefined
  /** Waits until somebody is there. Rejects if nobody will be. */
  whenThere(): Promise<ActorAddress>
}

/** The location of an actor that stays where it is. */
export function fixedLocation(address: ActorAddress): Location {
  return { actor: address.actor, address, whenThere: async () => address }
}
