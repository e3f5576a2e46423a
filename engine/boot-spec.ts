import type { ActorId } from './errors.ts'
import type { Listing } from './listing.ts'
import type { ModuleLookup } from './module-lookup.ts'
import type { Graces, Secrets, Tree } from './tree.ts'

/** What a new actor is told at its start, as plain data: who it is and the tree it belongs to. */
export interface BootSpec {
  readonly self: ActorId
  readonly parent: ActorId
  /** The pipeline that it works for. */
  readonly pipeline?: string | undefined
  /** What its parent gives it when it is to end. */
  readonly graces: Graces
  readonly tree: Tree
  /** Where it listens, beside what is usual; undefined for the usual. */
  readonly listen?: readonly string[]
  /** What others are told of that; undefined for just that. */
  readonly advertise?: readonly string[]
}

/** What an actor is told over its parent link once it is up: what to serve. */
export interface BootRequest {
  readonly url: string
  /** What there is at that URL; undefined for an actor whose own process, or thread, is to find it. */
  readonly lookup?: ModuleLookup | undefined
  readonly functions: readonly string[]
  readonly state: Readonly<Record<string, unknown>>
  readonly secrets: Secrets
  readonly listing: Listing
  /** Whether its parent registers it, when it is up. */
  readonly registeredByParent: boolean
}
