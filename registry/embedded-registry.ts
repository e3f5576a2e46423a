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
  if (host.root !== undefined) {
    return new RootRegistryClient(new Portal<RegistryService>(host.root, {}, undefined, service))
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
        await new Promise((_, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error), { once: true })
        })
      } finally {
        await lease.release()
      }
    }),
  }
}

/** The registry as an actor that is not the root has it. */
class RootRegistryClient implements Registry {
  readonly #root: Portal<RegistryService>

  constructor(root: Portal<RegistryService>) {
    this.#root = root
  }

  async register(registration: Registration): Promise<Lease> {
    const held = await this.#root.openContext('hold', registration)
    return { release: () => held.cancel('its holder let go of the name') }
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
