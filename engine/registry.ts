import type { ActorAddress } from './address.ts'
import type { Functions } from './definition.ts'
import type { ActorId } from './errors.ts'
import type { LedgerEntry, LedgerNote, LedgerOptions } from './ledger.ts'
import type { Capabilities, Registration, RegistryChange } from './registration.ts'
import type { RegistryUnavailableError } from './registry-errors.ts'

/** A name held: as long as its holder lives and until it lets go. */
export interface Lease {
  /** For a unique name and for a leadership: greater than that of any holder before, so that a stale one is recognised. */
  readonly fence: number | undefined
  /**
   * Settles if the lease is lost for good, with `LeaseLostError`; else never. A lease on a name that others may have, too, is
   * not lost: the registry takes it again by itself.
   */
  readonly lost: Promise<Error>
  /** Lets go of it; again changes nothing. Never rejects: what cannot be said to the registry, it learns by the expiry. */
  release(): Promise<void>
}

/** How long a look-up may take. */
export interface LookupOptions {
  /** While the registry cannot be asked, it waits so long, and then throws `RegistryUnavailableError`. 5000 by default. */
  readonly timeoutMs?: number
}

/** Whom to wait for. */
export interface WaitOptions {
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal
  /** Only an actor that has all of these. */
  readonly capabilities?: Capabilities
  /** None with one of these ids. */
  readonly except?: readonly string[]
}

/** What is done with an actor that was found dead. */
export interface RetireOptions {
  readonly why: string
  /** The actor is known to have ended: by its parent. Else its unique name stays its own until its lease expires. */
  readonly certain?: boolean
}

/**
 * Who answers "where is the actor called X?". Names need not be unique: `find` gives the newest that still lives.
 * The engine owns this interface; `registry/` implements it. Every wait ends with the ambient cancellation, too.
 */
export interface Registry {
  /**
   * Why it cannot be asked at the moment; undefined while it can. Actors that have found each other do not need it, and
   * those that are registered register again by themselves when it is back.
   */
  readonly outage: RegistryUnavailableError | undefined
  /** Whether an actor that has died may be found until its lease runs out. */
  readonly mayListTheDead: boolean
  /** The host on which it is, where an address says that: a name, or an IP address. */
  readonly host?: string | undefined
  /** Throws `NameTakenError` if the name is another's alone, or is to be this actor's alone and somebody has it. */
  register(registration: Registration): Promise<Lease>
  /**
   * Enters a child of this actor, which is up and does not do so itself: the lease is its parent's. Where there is no such thing, each
   * actor enters itself; a name that is to be its own alone it always does. Throws what `register` does.
   */
  registerChild?(registration: Registration): Promise<Lease>
  find(name: string, options?: LookupOptions): Promise<Registration | undefined>
  /** All of that name, the newest first. */
  findAll(name: string, options?: LookupOptions): Promise<readonly Registration[]>
  /** Waits until such an actor is registered. Rejects when `signal` aborts. */
  waitFor(name: string, options: WaitOptions): Promise<Registration>
  list(options?: LookupOptions): Promise<readonly Registration[]>
  /** The actors whose name fits the pattern (`*`, `?`): first those that are there, then who comes and leaves. */
  watch(pattern: string): AsyncIterableIterator<RegistryChange, undefined>
  /** Says that the actor is dead: nobody finds it any more. One that lives all the same registers again. Never rejects. */
  retire(actor: ActorId, options: RetireOptions): Promise<void>
  /** Adds to the ledger. Does not wait, and never throws. */
  note(event: LedgerNote): void
  /** What happened to the actors, the oldest first. */
  readLedger(options?: LedgerOptions): AsyncIterableIterator<LedgerEntry, undefined>
  /** Waits until nobody else leads under that name, and holds it. Rejects when `signal` aborts. */
  lead(name: string, options: { readonly signal: AbortSignal }): Promise<Lease>
  close(): Promise<void>
}

/** What a registry may use of the actor that it works in. */
export interface RegistryHost {
  readonly actor: ActorId
  /** Undefined in the root of a tree. */
  readonly parent: ActorId | undefined
  /** The actor that holds the registry of the tree; undefined in that actor itself. */
  readonly registrar: ActorAddress | undefined
  /** Where the registry is, if that is outside of all actors. It may have a password in it. */
  readonly registryAddress: string | undefined
  /** Lets other actors of the tree call these functions, under a service name. */
  serve(service: string, functions: Functions): void
}

/** The export `openRegistry` of the module that gives every actor of a tree its registry. */
export type OpenRegistry = (host: RegistryHost) => Registry | Promise<Registry>
