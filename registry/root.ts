import { extname } from 'node:path'
import {
  ambientRuntime,
  ChannelBrokenError,
  type Cluster,
  type ClusterOptions,
  type Functions,
  type Nursery,
  type NurseryOptions,
  type OpenRegistry,
  openCluster as openEngineCluster,
  openNursery as openEngineNursery,
  openRootActor,
  type RegistrySource,
  RegistryUnavailableError,
  type Root,
  type RootOptions,
  runRootActor,
  UsageError,
} from '../engine/index.ts'
import { openRegistry } from './embedded-registry.ts'

/** The options of a root actor: the engine's, and where its tree's registry is. */
export interface RunOptions extends RootOptions {
  /**
   * Where the registry is; by default `FLOW_REGISTRY` of the environment. Without it, or with `embedded`, the root holds
   * it in memory. The address at which an actor of another tree listens (`unix:/path`, `tcp://host:port`) joins that
   * tree's: the two find each other's actors; where the root listens there itself, it is the one that holds it.
   * `redis://user:password@host:port/db?namespace=name` (`rediss:`, `redis+cluster:`, `redis+sentinel:`) keeps it in a Redis, for
   * programs that come and go and for several hosts.
   */
  readonly registry?: string
  /** False for a root that nobody is to find: it calls others, and leaves no trace of itself. True by default. */
  readonly listed?: boolean
}

const embedded: RegistrySource = {
  openRegistry,
  // By way of its folder: the build puts this module into another.
  moduleUrl: new URL(`../registry/embedded-registry${extname(import.meta.url)}`, import.meta.url).href,
}

const redisModule = new URL(`../registry/redis/redis-registry${extname(import.meta.url)}`, import.meta.url).href
const redis: RegistrySource = {
  // Only a program that uses it loads it.
  openRegistry: async (host) =>
    await ((await import(redisModule)) as { openRegistry: OpenRegistry }).openRegistry(host),
  moduleUrl: redisModule,
}

function registryFor(options: RunOptions): RegistrySource {
  const source = sourceFor(options)
  return options.listed === false ? { ...source, listed: false } : source
}

function sourceFor(options: RunOptions): RegistrySource {
  const registry = options.registry ?? process.env['FLOW_REGISTRY'] ?? 'embedded'
  if (registry === 'embedded' || options.listen?.includes(registry)) return embedded
  if (/^(unix:|tcp:)/.test(registry)) {
    const unavailable = (why: string, options: ErrorOptions) =>
      new RegistryUnavailableError(registry, describeSilence(options.cause) ?? why, options)
    return { ...embedded, registrar: { address: registry, unavailable } }
  }
  if (/^rediss?(?:\+\w+)?:/.test(registry)) return { ...redis, address: registry }
  const shown = registry.replace(/\/\/[^/?]*@/, '//')
  throw new UsageError(
    `'${shown}' is no address of a registry: it must be 'embedded', unix:/path, tcp://host:port or redis://host:port`,
  )
}

/** Where nobody answers at the address: what that means, and what would be right. */
function describeSilence(error: unknown): string | undefined {
  if (error instanceof Error && error.name === 'TimeoutError') return 'nobody answers there'
  if (!(error instanceof ChannelBrokenError) || error.handshakeLimitMs === undefined) return undefined
  const said = `whoever listens there has not said within ${error.handshakeLimitMs} ms that it is an actor`
  return `${said}: name where one listens, or redis://host:port`
}

/**
 * Makes this process the root actor of a new tree; see `Root`. Throws `UsageError` if it is an actor already, and for an option
 * that cannot be.
 */
export async function openRoot(options: RunOptions = {}): Promise<Root> {
  return await openRootActor(options, registryFor(options))
}

/**
 * Runs `main` as the root actor of a new tree, and takes the tree down after it, whatever happens. The first SIGINT or
 * SIGTERM cancels main; a second one kills everything.
 */
export async function run<T>(main: () => Promise<T> | T, options: RunOptions = {}): Promise<T> {
  return await runRootActor(main, options, registryFor(options))
}

/**
 * Opens a nursery for the time of `body`: the scope that owns the actors and tasks started in it, left only when all of
 * them have ended. If one fails, or the body does, the rest is cancelled and the original error thrown. In a program
 * that is no actor yet, this makes it a root for that time.
 */
export async function openNursery<T>(
  body: (nursery: Nursery) => Promise<T> | T,
  options: NurseryOptions = {},
): Promise<T> {
  if (ambientRuntime() !== undefined) return await openEngineNursery(body, options)
  return await run(() => openEngineNursery(body, options))
}

/**
 * Opens several actors of one definition, started at the same time: one for each core, or `count`. They end with the `body`
 * or, without one, when the cluster is disposed, and in any case with the scope or the actor that opened them. If one
 * fails, the others and every map are cancelled, and its error is thrown. In a program that is no actor yet, this makes it
 * a root: for the time of the body, or until it exits.
 */
export function openCluster<F extends Functions>(options: ClusterOptions<F>): Promise<Cluster<F>>
export function openCluster<F extends Functions, T>(
  options: ClusterOptions<F>,
  body: (cluster: Cluster<F>) => Promise<T> | T,
): Promise<T>
export async function openCluster<F extends Functions, T>(
  options: ClusterOptions<F>,
  body?: (cluster: Cluster<F>) => Promise<T> | T,
): Promise<Cluster<F> | T> {
  if (body === undefined) {
    await ensureActor()
    return await openEngineCluster(options)
  }
  if (ambientRuntime() !== undefined) return await openEngineCluster(options, body)
  return await run(() => openEngineCluster(options, body))
}

let implicitRoot: Promise<Root> | undefined

/** Makes a program that is no actor yet a root, until it exits. */
export async function ensureActor(): Promise<void> {
  if (ambientRuntime() !== undefined) return
  // It may be found by nobody, and so does not have to stay for anybody.
  implicitRoot ??= openRootActor({}, registryFor({ listed: false }))
  try {
    await implicitRoot
  } catch (error) {
    implicitRoot = undefined
    throw error
  }
}
