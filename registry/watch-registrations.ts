import type { LedgerEntry, Registration, RegistryChange } from '../engine/index.ts'
import { openInbox } from './ledger-feed.ts'
import { nameFilter } from './name-glob.ts'
import type { RegistrationSource } from './wait-for-registration.ts'

/**
 * The actors whose name fits the pattern: first those that are there, then who comes and leaves. After what may have been
 * missed it looks them up again, and tells the difference.
 */
export async function* watchRegistrations(
  source: RegistrationSource,
  pattern: string,
): AsyncGenerator<RegistryChange, undefined> {
  const fits = nameFilter(pattern)
  const { inbox, leave } = await openInbox(source)
  const told = new Map<string, Registration>()
  try {
    for (let news: LedgerEntry | 'unsure' = 'unsure'; ; news = await inbox.take()) {
      const changes = news === 'unsure' ? differenceOf(told, await source.list()) : changesBy(news, told)
      for (const change of changes) {
        const { actor } = change.registration
        if (!fits(actor.name)) continue
        if (change.kind === 'came') told.set(actor.id, change.registration)
        else told.delete(actor.id)
        yield change
      }
    }
  } finally {
    leave()
  }
}

function changesBy(entry: LedgerEntry, told: ReadonlyMap<string, Registration>): RegistryChange[] {
  const known = told.get(entry.actor.id)
  switch (entry.kind) {
    case 'registered':
      return known === undefined ? [{ kind: 'came', registration: entry.registration }] : []
    case 'left':
    case 'expired':
      return known === undefined ? [] : [{ kind: 'left', registration: known }]
    case 'started':
    case 'restarted':
    case 'failed':
    case 'gap':
      return []
  }
}

function differenceOf(told: ReadonlyMap<string, Registration>, there: readonly Registration[]): RegistryChange[] {
  const ids = new Set(there.map(({ actor }) => actor.id))
  return [
    ...Array.from(told.values()).flatMap((registration): RegistryChange[] =>
      ids.has(registration.actor.id) ? [] : [{ kind: 'left', registration }],
    ),
    ...there.flatMap((registration): RegistryChange[] =>
      told.has(registration.actor.id) ? [] : [{ kind: 'came', registration }],
    ),
  ]
}
