import {
  type ActorDump,
  type ActorId,
  currentRuntime,
  type Definition,
  type Functions,
  Portal,
  type Registration,
  type Registry,
  requestDump,
  type TlsOptions,
} from '../../engine/index.ts'
import {
  type FindOptions,
  findActor,
  findActors,
  findHeldRegistrations,
  getActor,
  getRegistry,
  openRoot,
  reachableAddress,
} from '../../registry/index.ts'

/** What the command does with an actor that it has found. */
export type GuestPortal = Pick<Portal<Functions>, 'actor' | 'run' | 'stream' | 'with' | 'cancelActor' | 'drainActor'>

type Registrations = readonly Registration[]

/** A process that is among the actors of a registry for a while: it finds them, and none finds it. Disposing it leaves. */
export interface Guest extends AsyncDisposable {
  readonly registry: Registry
  /** As `findActor` does, whatever the actor's functions are. */
  find(name: string, options: FindOptions): Promise<GuestPortal | undefined>
  /** As `findActors` does: without those that have died, though the registry may have them yet. */
  findAll(name: string): Promise<readonly GuestPortal[]>
  get(actor: ActorId): Promise<GuestPortal>
  /** Whoever listens at the address, of whatever registry. Throws where nobody does. */
  at(address: string): Promise<GuestPortal>
  /** Who is registered so, in whatever registry. */
  reach(registration: Registration): GuestPortal
  /** Who is in the registry that the actor at the address holds; undefined where it holds none. */
  listAt(holder: ActorId, address: string, options: { readonly timeoutMs: number }): Promise<Registrations | undefined>
  /** Where it listens itself. */
  readonly addresses: readonly string[]
  /** What that actor alone does at the moment. Throws `DeadlineExceededError` if it does not say so in time. */
  dump(registration: Registration, options: { readonly timeoutMs: number }): Promise<ActorDump>
}

/** The functions that an actor really has, it says itself. */
const anything: Definition<Functions> = { kind: 'actorflow.definition', url: import.meta.url, functions: {} }

/** Whoever waits at a shell does not wait as long as a program may for one that says nothing. */
const handshakeTimeoutMs = 3_000

/** Joins the registry at an address. Throws what `openRoot` does. */
export async function openGuest(registry: string, options: { readonly tls?: TlsOptions }): Promise<Guest> {
  const limits = { handshakeTimeoutMs }
  const root = await openRoot({ ...options, name: 'flow', registry, limits, listed: false, signals: false })
  return {
    registry: await getRegistry(),
    find: (name, options) => findActor(name, anything, options),
    findAll: (name) => findActors(name, anything),
    get: (actor) => getActor(actor, anything),
    at: async (address) => {
      const { peer } = await currentRuntime().channels.dial(address)
      return new Portal<Functions>({ actor: peer, addresses: [address] })
    },
    reach: (registration) => new Portal<Functions>(reachableAddress(registration)),
    listAt: (holder, address, options) => findHeldRegistrations({ actor: holder, addresses: [address] }, options),
    addresses: root.addresses,
    dump: (registration, { timeoutMs }) =>
      requestDump(currentRuntime(), reachableAddress(registration), { timeoutMs, below: false }),
    [Symbol.asyncDispose]: () => root.close(),
  }
}
