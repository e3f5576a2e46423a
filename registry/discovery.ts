import {
  type ActorId,
  ActorNotFoundError,
  currentRuntime,
  currentSignal,
  DeadlineExceededError,
  type Definition,
  type Functions,
  failAfter,
  Portal,
  type Registry,
} from '../engine/index.ts'
import { ensureActor } from './root.ts'

/** The portal of an actor of that name, the newest if there are several; undefined if there is none. */
export async function findActor<F extends Functions>(
  name: string,
  _definition: Definition<F>,
): Promise<Portal<F> | undefined> {
  await ensureActor()
  const found = await currentRuntime().registry.find(name)
  return found === undefined ? undefined : new Portal<F>(found)
}

/**
 * The portal of an actor of that name; waits for one to be registered. Throws `ActorNotFoundError` after `timeoutMs`
 * (30 s by default), or with the ambient cancellation.
 */
export async function waitForActor<F extends Functions>(
  name: string,
  _definition: Definition<F>,
  options: { timeoutMs?: number } = {},
): Promise<Portal<F>> {
  await ensureActor()
  const { timeoutMs = 30_000 } = options
  const { registry } = currentRuntime()
  let own: unknown
  try {
    return await failAfter(timeoutMs, async () => {
      try {
        return new Portal<F>(await registry.waitFor(name, { signal: currentSignal() }))
      } catch (error) {
        own = error
        throw error
      }
    })
  } catch (error) {
    if (error === own && error instanceof DeadlineExceededError && error.limitMs === timeoutMs) {
      throw new ActorNotFoundError(name, timeoutMs)
    }
    throw error
  }
}

/** The portal of exactly this actor. Throws `ActorNotFoundError` if it is not registered. */
export async function getActor<F extends Functions>(actor: ActorId, _definition: Definition<F>): Promise<Portal<F>> {
  await ensureActor()
  const known = await currentRuntime().registry.list()
  const found = known.find((registration) => registration.actor.id === actor.id)
  if (found === undefined) throw new ActorNotFoundError(actor.name, 0)
  return new Portal<F>(found)
}

/** The registry that this actor uses. */
export async function getRegistry(): Promise<Registry> {
  await ensureActor()
  return currentRuntime().registry
}
