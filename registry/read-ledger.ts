import type { ActorId, LedgerEntry, LedgerOptions } from '../engine/index.ts'
import { type LedgerFeed, openInbox } from './ledger-feed.ts'
import { nameFilter } from './name-glob.ts'

/** A part of a ledger. */
export interface LedgerPage {
  readonly entries: readonly LedgerEntry[]
  /** The entry from which it was to go on is not kept any more, and those behind it may have gone with it. */
  readonly isOvertaken: boolean
}

/** A ledger as it is kept. */
export interface LedgerStore extends LedgerFeed {
  /** Up to some hundreds of the entries after `position`, or from `sinceMs` on; none if there are no more. */
  page(from: { readonly position: string } | { readonly sinceMs: number }): Promise<LedgerPage>
}

// The reader itself, which may be no actor.
const reader: ActorId = { name: 'reader', id: '-' }

/**
 * Reads the entries that are kept and, if they are to be followed, those that come. A reader so slow that entries were removed
 * before it came to them gets a gap in their place, whoever they were of.
 */
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
        const from = last === undefined ? { sinceMs: options.sinceMs ?? 0 } : { position: last }
        const { entries, isOvertaken } = await store.page(from)
        if (isOvertaken && last !== undefined) yield gapFrom(last, entries[0])
        if (isOvertaken) last = undefined
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

function gapFrom(last: string, next: LedgerEntry | undefined): LedgerEntry {
  const { position = last, atMs = Date.now() } = next ?? {}
  return { kind: 'gap', actor: reader, sinceMs: Number(last.split('-')[0]), missedCount: undefined, position, atMs }
}

/** Whether the one position is after the other. A position is a time and a number within it: `1700000000000-3`. */
export function isLater(position: string, than: string): boolean {
  const [atMs = 0, number = 0] = position.split('-').map(Number)
  const [thanMs = 0, thanNumber = 0] = than.split('-').map(Number)
  return atMs === thanMs ? number > thanNumber : atMs > thanMs
}
