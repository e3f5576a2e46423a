import {
  type Context,
  type ContextFunction,
  context,
  currentSignal,
  type Lease,
  Portal,
  type Registration,
  type Registry,
  type RegistryHost,
  sleep,
} from '../engine/index.ts'
import { MemoryRegistry } from './memory-registry.ts'

const service = 'registry'

type Hold = Context<never, never, undefined>

/** What the root answers the other actors of its tree. A lease is a context: it ends with its holder, however that ends. */
type RegistryService = {
  find(name: string): Promise<Registration | undefined>
  waitFor(name: string): Promise<Registration>
  list(): Promise<readonly Registration[]>
  hold: ContextFunction<never, never, undefined, [registration: Registration], void>
}

/**
 * The embedded registry: the root actor holds it in memory, every other actor of the tree asks the root. This is the
 * export that the engine calls in each of them.
 */
export function openRegistry(host: RegistryHost): Registry {
  if (host.registrar !== undefined) {
    return new RootRegistryClient(new Portal<RegistryService>(host.registrar, {}, undefined, service))
  }
  const registry = new MemoryRegistry()
  host.serve(service, serviceOf(registry))
  return registry
}

function serviceOf(registry: MemoryRegistry): RegistryService {
  return {
    find: (name) => registry.find(name),
    waitFor: (name) => registry.waitFor(name, { signal: currentSignal() }),
    list: () => registry.list(),
    hold: context(async (ctx: Hold, registration: Registration) => {
      const lease = await registry.register(registration)
      try {
        await ctx.started()
        await sleep(Infinity)
      } finally {
        await lease.release()
      }
    }),
  }
}

type Held = Awaited<ReturnType<Portal<RegistryService>['openContext']>>

// How long after its connection broke a holder registers again; longer each time, up to the second.
const registerAgainMs = [10, 50, 250, 1_000]

/** A lease from its holder's side. A connection that breaks ends it at the root; whoever still lives registers again. */
class Holding implements Lease {
  readonly #open: () => Promise<Held>
  #held: Held
  #released = false

  constructor(open: () => Promise<Held>, first: Held) {
    this.#open = open
    this.#held = first
  }

  /** Ends with the lease or with the actor. Never rejects. */
  async keep(): Promise<void> {
    for (let tries = 0; ; ) {
      try {
        await this.#held.result()
      } catch {
        // As every lease ends.
      }
      if (this.#released || currentSignal().aborted) return
      try {
        await sleep(registerAgainMs[Math.min(tries, registerAgainMs.length - 1)] ?? 0)
        tries += 1
        this.#held = await this.#open()
        tries = 0
      } catch {
        if (currentSignal().aborted) return
      }
      if (this.#released) await this.#held.cancel()
    }
  }

  async release(): Promise<void> {
    this.#released = true
    await this.#held.cancel('its holder let go of the name')
  }
}

/** The registry as an actor that is not the root has it. */
class RootRegistryClient implements Registry {
  readonly #root: Portal<RegistryService>

  constructor(root: Portal<RegistryService>) {
    this.#root = root
  }

  async register(registration: Registration): Promise<Lease> {
    const first = await this.#root.openContext('hold', registration)
    const holding = new Holding(() => this.#root.openContext('hold', registration), first)
    void holding.keep()
    return holding
  }

  find(name: string): Promise<Registration | undefined> {
    return this.#root.run('find', name)
  }

  waitFor(name: string, options: { signal: AbortSignal }): Promise<Registration> {
    return this.#root.with({ signal: options.signal }).run('waitFor', name)
  }

  list(): Promise<readonly Registration[]> {
    return this.#root.run('list')
  }

  async close(): Promise<void> {
    // Its leases end with the channel to the root.
  }
}
