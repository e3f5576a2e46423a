import { extname } from 'node:path'
import {
  ambientRuntime,
  type Nursery,
  openNursery as openEngineNursery,
  openRootActor,
  type RegistrySource,
  type Root,
  type RootOptions,
  runRootActor,
  type SpawnOptions,
} from '../engine/index.ts'
import { openRegistry } from './embedded-registry.ts'
import { RegistryUnavailableError } from './errors.ts'

/** The options of a root actor: the engine's, and where its tree's registry is. */
export interface RunOptions extends RootOptions {
  /** The registry's URL; without one the root holds it in memory, for its own tree. */
  readonly registry?: string
}

const embedded: RegistrySource = {
  openRegistry,
  moduleUrl: new URL(`./embedded-registry${extname(import.meta.url)}`, import.meta.url).href,
}

function registryFor(options: RunOptions): RegistrySource {
  if (options.registry === undefined || options.registry === 'embedded') return embedded
  throw new RegistryUnavailableError(options.registry, "only 'embedded' is there yet")
}

/** Makes this process the root actor of a new tree; see `Root`. Throws `UsageError` if it is an actor already. */
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
  options: SpawnOptions = {},
): Promise<T> {
  if (ambientRuntime() !== undefined) return await openEngineNursery(body, options)
  return await run(() => openEngineNursery(body, options))
}

let implicitRoot: Promise<Root> | undefined

/** Makes a program that is no actor yet a root, until it exits. */
export async function ensureActor(): Promise<void> {
  if (ambientRuntime() !== undefined) return
  implicitRoot ??= openRoot()
  try {
    await implicitRoot
  } catch (error) {
    implicitRoot = undefined
    throw error
  }
}
