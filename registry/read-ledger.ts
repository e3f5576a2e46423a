import type { LedgerEntry, LedgerOptions } from '../engine/index.ts'
import { type LedgerFeed, openInbox } from './ledger-feed.ts'
import { nameFilter } from './name-glob.ts'

/** A ledger as it is kept. */
export interface LedgerStore extends LedgerFeed {
  /** Up to some hundreds of the entries after `position`, or from `sinceMs` on; none if there are no more. */
  page(from: { readonly position: string } | { readonly sinceMs: number }): Promise<readonly LedgerEntry[]>
}

/** Reads the entries that are kept and, if they are to be followed, those that come. */
export async function* readLedger(
  store: LedgerStore,
  options: LedgerOptions = {},
): AsyncGenerator<LedgerEntry, undefined> {
  const fits = nameFilter(options.actor ?? '*')
  // Before it is read: what comes meanwhile is then in both, and in neither is missed.
  const news = options.follow === true ? await openInbox(store) : undefined
  try {
    let last: string | undefined
    for (;;) {
      for (;;) {
        const entries = await store.page(last === undefined ? { sinceMs: options.sinceMs ?? 0 } : { position: last })
        if (entries.length === 0) break
        last = entries.at(-1)?.position
        for (const entry of entries) if (fits(entry.actor.name)) yield entry
      }
      if (news === undefined) return undefined
      for (;;) {
        const entry = await news.inbox.take()
        // Something may have been missed: read on from what is known.
        if (entry === 'unsure') break
        if (last !== undefined && !isLater(entry.position, last)) continue
        last = entry.position
        if (fits(entry.actor.name)) yield entry
      }
    }
  } finally {
    news?.leave()
  }
}

/** Whether the one position is after the other. A position is a time and a number within it: `1700000000000-3`. */
export function isLater(position: string, than: string): boolean {
  const [atMs = 0, number = 0] = position.split('-').map(Number)
  const [thanMs = 0, thanNumber = 0] = than.split('-').map(Number)
  return atMs === thanMs ? number > thanNumber : atMs > thanMs
}
