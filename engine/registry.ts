import type { ActorAddress } from './address.ts'
import type { Functions } from './definition.ts'
import type { ActorId } from './errors.ts'

/** What is known of an actor that can be found. */
export interface Registration {
  readonly actor: ActorId
  readonly addresses: readonly string[]
  readonly pid: number
  readonly host: string
  /** The exposed function names. */
  readonly functions: readonly string[]
  readonly parent?: ActorId
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** A registration held: as long as its holder lives and until it lets go. */
export interface Lease {
  release(): Promise<void>
}

/**
 * Who answers "where is the actor called X?". Names need not be unique: `find` gives the newest that still lives.
 * The engine owns this interface; `registry/` implements it.
 */
export interface Registry {
  register(registration: Registration): Promise<Lease>
  find(name: string): Promise<Registration | undefined>
  /** Waits until an actor of that name is registered. Rejects when `signal` aborts. */
  waitFor(name: string, options: { signal: AbortSignal }): Promise<Registration>
  list(): Promise<readonly Registration[]>
  close(): Promise<void>
}

/** What a registry may use of the actor that it works in. */
export interface RegistryHost {
  readonly actor: ActorId
  /** The actor that holds the registry of the tree; undefined in that actor itself. */
  readonly registrar: ActorAddress | undefined
  /** Lets other actors of the tree call these functions, under a service name. */
  serve(service: string, functions: Functions): void
}

/** The export `openRegistry` of the module that gives every actor of a tree its registry. */
export type OpenRegistry = (host: RegistryHost) => Registry | Promise<Registry>
