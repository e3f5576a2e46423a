import {
  type ActorAddress,
  type ActorId,
  askActor,
  type Context,
  ContextCancelledError,
  type ContextFunction,
  context,
  currentRuntime,
  currentSignal,
  interruptible,
  type Lease,
  type LedgerEntry,
  type LedgerNote,
  type LedgerOptions,
  NotExposedError,
  parseTcpAddress,
  type Registration,
  type Registry,
  type RegistryChange,
  RegistryError,
  type RegistryHost,
  RemoteActorError,
  type RetireOptions,
  sleep,
  type WaitOptions,
} from '../engine/index.ts'
import { EmbeddedLease } from './embedded-lease.ts'
import { MemoryRegistry } from './memory-registry.ts'
import { Registrar } from './registrar.ts'

const service = 'registry'

/** What a lease tells its holder when it begins. */
export interface Held {
  readonly fence: number | undefined
}

type Hold = Context<never, never, Held>
type HoldFunction<Args extends unknown[]> = ContextFunction<never, never, Held, Args, void>

/** What the root answers the other actors of its tree. A lease is a context: it ends with its holder, however that ends. */
type RegistryService = {
  find(name: string): Promise<Registration | undefined>
  findAll(name: string): Promise<readonly Registration[]>
  waitFor(name: string, options: Omit<WaitOptions, 'signal'>): Promise<Registration>
  list(): Promise<readonly Registration[]>
  watch(pattern: string): AsyncIterable<RegistryChange>
  retire(actor: ActorId, options: RetireOptions): Promise<void>
  note(event: LedgerNote): void
  readLedger(options: LedgerOptions): AsyncIterable<LedgerEntry>
  hold: HoldFunction<[registration: Registration]>
  lead: HoldFunction<[name: string]>
}

/**
 * The embedded registry: the root actor holds it in memory, every other actor of the tree asks the root. This is the
 * export that the engine calls in each of them.
 */
export function openRegistry(host: RegistryHost): Registry {
  if (host.registrar !== undefined) {
    return new RootRegistryClient(new Registrar(host.registrar, service), hostOf(host.registrar))
  }
  const registry = new MemoryRegistry()
  host.serve(service, serviceOf(registry))
  return registry
}

function serviceOf(registry: MemoryRegistry): RegistryService {
  return {
    find: (name) => registry.find(name),
    findAll: (name) => registry.findAll(name),
    waitFor: (name, options) => registry.waitFor(name, { ...options, signal: currentSignal() }),
    list: () => registry.list(),
    watch: (pattern) => registry.watch(pattern),
    retire: (actor, options) => registry.retire(actor, options),
    note: (event) => registry.note(event),
    readLedger: (options) => registry.readLedger(options),
    hold: context(async (ctx: Hold, registration: Registration) => {
      const lease = await registry.register(registration)
      try {
        await ctx.started({ fence: lease.fence })
        // Not a race against a sleep: what loses a race goes on, and would keep this process from its end.
        await interruptible(lease.retired)
      } catch (error) {
        // Its holder has gone without a word.
        if (!(error instanceof ContextCancelledError)) lease.expire('the connection to it broke')
        throw error
      } finally {
        await lease.release()
      }
    }),
    lead: context(async (ctx: Hold, name: string) => {
      const lease = await registry.lead(name, { signal: ctx.signal })
      try {
        await ctx.started({ fence: lease.fence })
        await sleep(Infinity)
      } finally {
        await lease.release()
      }
    }),
  }
}

/**
 * What is in the registry that another actor holds, be that this actor's own registry or not; undefined where that one holds none:
 * it is no root, or its registry is in a Redis or with another program. Throws `DeadlineExceededError` when it does not answer in
 * time, and `ChannelBrokenError` where nobody is there.
 */
export async function findHeldRegistrations(
  holder: ActorAddress,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly Registration[] | undefined> {
  const request = { service, functionName: 'list' satisfies keyof RegistryService, args: [], timeoutMs }
  try {
    return (await askActor(currentRuntime(), holder, request)) as readonly Registration[]
  } catch (error) {
    if (error instanceof NotExposedError) return undefined
    throw error
  }
}

/** The registry as an actor that is not the root has it. */
class RootRegistryClient implements Registry {
  readonly host: string | undefined
  readonly #root: Registrar<RegistryService>

  constructor(root: Registrar<RegistryService>, host: string | undefined) {
    this.#root = root
    this.host = host
  }

  get outage(): undefined {
    return undefined
  }

  get mayListTheDead(): boolean {
    return false
  }

  async register(registration: Registration): Promise<Lease> {
    const open = () => asOwn(this.#root.ask((root) => root.openContext('hold', registration)))
    return EmbeddedLease.keep(registration.actor.name, open, await open())
  }

  registerChild(registration: Registration): Promise<Lease> {
    return this.register(registration)
  }

  find(name: string): Promise<Registration | undefined> {
    return this.#root.ask((root) => root.run('find', name))
  }

  findAll(name: string): Promise<readonly Registration[]> {
    return this.#root.ask((root) => root.run('findAll', name))
  }

  waitFor(name: string, { signal, ...options }: WaitOptions): Promise<Registration> {
    return this.#root.ask((root) => root.with({ signal }).run('waitFor', name, options))
  }

  list(): Promise<readonly Registration[]> {
    return this.#root.ask((root) => root.run('list'))
  }

  async *watch(pattern: string): AsyncGenerator<RegistryChange, undefined> {
    yield* this.#root.portal.stream('watch', pattern)
    return undefined
  }

  async retire(actor: ActorId, options: RetireOptions): Promise<void> {
    // What cannot be said to the root is of no use to anybody.
    await this.#root.ask((root) => root.run('retire', actor, options)).catch(() => undefined)
  }

  note(event: LedgerNote): void {
    this.#root.portal.run('note', event).catch(() => undefined)
  }

  async *readLedger(options: LedgerOptions = {}): AsyncGenerator<LedgerEntry, undefined> {
    yield* this.#root.portal.stream('readLedger', options)
    return undefined
  }

  async lead(name: string, { signal }: { readonly signal: AbortSignal }): Promise<Lease> {
    return EmbeddedLease.once(name, await this.#root.ask((root) => root.with({ signal }).openContext('lead', name)))
  }

  async close(): Promise<void> {
    // Its leases end with the channel to the root.
  }
}

function hostOf({ addresses }: ActorAddress): string | undefined {
  const address = addresses.find((each) => each.startsWith('tcp:'))
  return address === undefined ? undefined : parseTcpAddress(address).host
}

/** What the registry says comes as the registry's own error, as it does in the root. */
async function asOwn<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof RemoteActorError && error.cause instanceof RegistryError) throw error.cause
    throw error
  }
}
