import {
  type ActorId,
  ActorNotFoundError,
  type Capabilities,
  currentRuntime,
  currentSignal,
  DeadlineExceededError,
  type Definition,
  type Functions,
  failAfter,
  type LookupOptions,
  Portal,
  type Registration,
  type Registry,
  type RegistryChange,
} from '../engine/index.ts'
import { presenceOf, reachable } from './presence.ts'
import { ensureActor } from './root.ts'
import { hasCapabilities, inOrderOf, type Selection } from './selection.ts'

/** Which actors of a name are meant. */
export interface FindOptions extends LookupOptions {
  /** Only those that have all of these: `{ gpu: true, zone: 'eu' }`. */
  readonly capabilities?: Capabilities
  /** Which of several; `newest` by default. */
  readonly select?: Selection
}

/** For whom to wait, and how long. */
export interface WaitForActorOptions extends Omit<FindOptions, 'timeoutMs'> {
  /** Milliseconds, 30,000 by default. */
  readonly timeoutMs?: number
}

/**
 * The portal of an actor of that name, the newest if there are several and `select` says nothing else; undefined if there is
 * none. One that has died without leaving the registry is passed over, and taken out of it.
 *
 * Throws `RegistryUnavailableError` if the registry cannot be asked within `timeoutMs`, and the ambient cancellation.
 */
export async function findActor<F extends Functions>(
  name: string,
  _definition: Definition<F>,
  options: FindOptions = {},
): Promise<Portal<F> | undefined> {
  await ensureActor()
  const found = await firstThere(name, options)
  return found === undefined ? undefined : new Portal<F>(reachable(found))
}

/** The portals of all actors of that name that live, the newest first, or as `select` orders them. Throws as `findActor` does. */
export async function findActors<F extends Functions>(
  name: string,
  _definition: Definition<F>,
  options: FindOptions = {},
): Promise<Portal<F>[]> {
  await ensureActor()
  const candidates = await candidatesFor(name, options)
  const presences = await Promise.all(candidates.map((registration) => presenceOf(currentRuntime(), registration)))
  return candidates
    .filter((_, index) => presences[index] !== 'dead')
    .map((registration) => new Portal<F>(reachable(registration)))
}

/**
 * The portal of an actor of that name; waits for one to be registered. Throws `ActorNotFoundError` after `timeoutMs`
 * (`RegistryUnavailableError` if the registry is away then), or with the ambient cancellation.
 */
export async function waitForActor<F extends Functions>(
  name: string,
  _definition: Definition<F>,
  options: WaitForActorOptions = {},
): Promise<Portal<F>> {
  await ensureActor()
  const { timeoutMs = 30_000 } = options
  const { registry } = currentRuntime()
  let own: unknown
  try {
    return await failAfter(timeoutMs, async () => {
      try {
        return new Portal<F>(reachable(await waitUntilThere(name, { ...options, timeoutMs })))
      } catch (error) {
        own = error
        throw error
      }
    })
  } catch (error) {
    if (error === own && error instanceof DeadlineExceededError && error.limitMs === timeoutMs) {
      throw registry.outage ?? new ActorNotFoundError(name, timeoutMs)
    }
    throw error
  }
}

async function waitUntilThere(name: string, options: FindOptions): Promise<Registration> {
  const { registry } = currentRuntime()
  const { capabilities } = options
  const known = registry.outage === undefined ? await firstThere(name, options) : undefined
  if (known !== undefined) return known
  const dead: string[] = []
  for (;;) {
    const wanted = { signal: currentSignal(), except: dead, ...(capabilities === undefined ? {} : { capabilities }) }
    const found = await registry.waitFor(name, wanted)
    if ((await presenceOf(currentRuntime(), found)) !== 'dead') return found
    dead.push(found.actor.id)
  }
}

// Once one keeps silent, so many are asked together: each that does not answer takes its time.
const askedAtOnceCount = 8

/** The one that is chosen, or the next that lives; one that keeps silent only where no other answers. */
async function firstThere(name: string, options: FindOptions): Promise<Registration | undefined> {
  const candidates = [...(await candidatesFor(name, options))]
  let silent: Registration | undefined
  while (candidates.length > 0) {
    const asked = candidates.splice(0, silent === undefined ? 1 : askedAtOnceCount)
    const presences = await Promise.all(asked.map((registration) => presenceOf(currentRuntime(), registration)))
    const there = presences.indexOf('there')
    if (there !== -1) return asked[there]
    silent ??= asked[presences.indexOf('silent')]
  }
  return silent
}

async function candidatesFor(name: string, options: FindOptions): Promise<readonly Registration[]> {
  const { capabilities, select = 'newest', ...lookup } = options
  const { registry } = currentRuntime()
  const all = await registry.findAll(name, lookup)
  const fitting = all.filter((registration) => hasCapabilities(registration.capabilities, capabilities))
  return inOrderOf(select, fitting, select === 'round-robin' ? nextTurn(registry, name) : 0)
}

// Of each registry, for as many names as may be asked for in turn; the one that was not asked for longest is forgotten.
const turns = new WeakMap<Registry, Map<string, number>>()
const maxTurnCount = 1_024

function nextTurn(registry: Registry, name: string): number {
  const byName = turns.get(registry) ?? new Map<string, number>()
  turns.set(registry, byName)
  const turn = byName.get(name) ?? 0
  byName.delete(name)
  byName.set(name, turn + 1)
  const [oldest] = byName.keys()
  if (byName.size > maxTurnCount && oldest !== undefined) byName.delete(oldest)
  return turn
}

/**
 * The actors whose name fits the pattern (`*` stands for any text, `?` for any character): first those that are there, then who
 * comes and who leaves. Ends when its reader leaves, or with the ambient cancellation.
 */
export async function* watchActors(pattern: string): AsyncGenerator<RegistryChange, undefined> {
  await ensureActor()
  yield* currentRuntime().registry.watch(pattern)
  return undefined
}

/** The portal of exactly this actor. Throws `ActorNotFoundError` if it is not registered. */
export async function getActor<F extends Functions>(actor: ActorId, _definition: Definition<F>): Promise<Portal<F>> {
  await ensureActor()
  const known = await currentRuntime().registry.findAll(actor.name)
  const found = known.find((registration) => registration.actor.id === actor.id)
  if (found === undefined) throw new ActorNotFoundError(actor.name, 0)
  return new Portal<F>(reachable(found))
}

/** The registry that this actor uses. */
export async function getRegistry(): Promise<Registry> {
  await ensureActor()
  return currentRuntime().registry
}
