import type { ActorId } from './errors.ts'

/** Where an actor can be reached: addresses such as `unix:/path`, the best first. */
export interface ActorAddress {
  readonly actor: ActorId
  readonly addresses: readonly string[]
}
