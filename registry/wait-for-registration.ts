import { type Registration, RegistryUnavailableError, type WaitOptions } from '../engine/index.ts'
import type { LedgerFeed } from './ledger-feed.ts'
import { hasCapabilities } from './selection.ts'

/** A registry that can be looked into, and that tells what happens to it. */
export interface RegistrationSource extends LedgerFeed {
  findAll(name: string): Promise<readonly Registration[]>
  list(): Promise<readonly Registration[]>
}

/**
 * Waits until there is an actor of that name, by being told and not by asking again and again. Rejects when the signal
 * aborts or the source is closed. While the registry cannot be asked it waits on.
 */
export async function waitForRegistration(
  source: RegistrationSource,
  name: string,
  options: WaitOptions,
): Promise<Registration> {
  const signal = AbortSignal.any([options.signal, source.closing])
  signal.throwIfAborted()
  const fits = ({ actor, ...registration }: Registration) =>
    actor.name === name &&
    options.except?.includes(actor.id) !== true &&
    hasCapabilities(registration.capabilities, options.capabilities)
  const found = Promise.withResolvers<Registration>()
  const look = async () => {
    try {
      const registration = (await source.findAll(name)).find(fits)
      if (registration !== undefined) found.resolve(registration)
    } catch (error) {
      // When it is back, the feed says so.
      if (!(error instanceof RegistryUnavailableError)) found.reject(error)
    }
  }
  const giveUp = () => found.reject(signal.reason as Error)
  signal.addEventListener('abort', giveUp, { once: true })
  // Joined before it is looked up: a registration in between would be missed.
  const joining = source.subscribe((news) => {
    if (news === 'unsure') void look()
    else if (news.kind === 'registered' && fits(news.registration)) found.resolve(news.registration)
  })
  joining.then(look).catch(found.reject)
  try {
    return await found.promise
  } finally {
    signal.removeEventListener('abort', giveUp)
    joining.then(
      (leave) => leave(),
      () => undefined,
    )
  }
}
