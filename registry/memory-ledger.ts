import type { LedgerEntry, LedgerEvent } from '../engine/index.ts'
import type { LedgerNews } from './ledger-feed.ts'
import { isLater, type LedgerPage, type LedgerStore } from './read-ledger.ts'

// So many entries are kept; the oldest make way.
const keptCount = 10_000
const pageCount = 500

/** A ledger in the memory of one actor. */
export class MemoryLedger implements LedgerStore {
  readonly #entries: LedgerEntry[] = []
  readonly #listeners = new Set<(news: LedgerNews) => void>()
  readonly #closing = new AbortController()
  #atMs = 0
  #number = 0

  get closing(): AbortSignal {
    return this.#closing.signal
  }

  append(event: LedgerEvent): void {
    // Like the time, but never back.
    const atMs = Math.max(Date.now(), this.#atMs)
    this.#number = atMs === this.#atMs ? this.#number + 1 : 0
    this.#atMs = atMs
    const entry: LedgerEntry = { ...event, position: `${atMs}-${this.#number}`, atMs }
    this.#entries.push(entry)
    // Not one by one: each time all would have to move up.
    if (this.#entries.length > keptCount * 1.1) this.#entries.splice(0, this.#entries.length - keptCount)
    for (const listener of this.#listeners) listener(entry)
  }

  async page(from: { readonly position: string } | { readonly sinceMs: number }): Promise<LedgerPage> {
    const start = this.#entries.findIndex((entry) => {
      return 'position' in from ? isLater(entry.position, from.position) : entry.atMs >= from.sinceMs
    })
    const [oldest] = this.#entries
    return {
      entries: start === -1 ? [] : this.#entries.slice(start, start + pageCount),
      isOvertaken: 'position' in from && (oldest === undefined || isLater(oldest.position, from.position)),
    }
  }

  async subscribe(listen: (news: LedgerNews) => void): Promise<() => void> {
    // A function of its own: one that joins twice leaves twice.
    const listener = (news: LedgerNews) => listen(news)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(reason: Error): void {
    this.#closing.abort(reason)
    this.#listeners.clear()
  }
}
