import { setTimeout as delay } from 'node:timers/promises'
import type { LedgerNews } from '../ledger-feed.ts'
import { isLater } from '../read-ledger.ts'
import { parseEntries, type StreamEntry } from './ledger-codec.ts'
import { ProcessHold } from './process-hold.ts'
import type { RedisAddress } from './redis-address.ts'
import { type CallOptions, RedisLink } from './redis-link.ts'
import { ledgerKeyOf } from './scripts.ts'

// Redis answers at once when there is something, and else after so long: then it is known to be there still.
const blockMs = 5_000
const readCount = 500
const start = '0-0'
// What is refused is not asked for again and again.
const retryMs = 250

interface Listeners {
  readonly news: Set<(news: LedgerNews) => void>
  readonly vacant: Set<(name: string | undefined) => void>
}

/**
 * Reads what comes into the ledger, on a connection of its own, and tells those of this process who listen. It is opened with
 * the first of them. After a break it reads on from where it was; and as the stream may be another then, it tells all to
 * look again.
 */
export class LedgerTail {
  readonly #address: RedisAddress
  readonly #closing: AbortSignal
  readonly #listeners: Listeners = { news: new Set(), vacant: new Set() }
  readonly #presence = new ProcessHold()
  #reading: { readonly link: RedisLink; readonly begun: Promise<void> } | undefined

  constructor(address: RedisAddress, closing: AbortSignal) {
    this.#address = address
    this.#closing = closing
    closing.addEventListener('abort', () => this.#reading?.link.close(), { once: true })
  }

  /** Resolves once nothing that happens from now on is missed. */
  async subscribe(listen: (news: LedgerNews) => void): Promise<() => void> {
    return await this.#join(this.#listeners.news, (news) => listen(news))
  }

  /** Calls back when nobody leads under a name any more; without a name when that may have been missed. */
  async onVacant(listen: (name: string | undefined) => void): Promise<() => void> {
    return await this.#join(this.#listeners.vacant, (name) => listen(name))
  }

  async #join<T>(listeners: Set<T>, listener: T): Promise<() => void> {
    listeners.add(listener)
    this.#presence.hold()
    const leave = () => {
      if (listeners.delete(listener)) this.#presence.leave()
    }
    try {
      await this.#begin()
      return leave
    } catch (error) {
      leave()
      throw error
    }
  }

  async #begin(): Promise<void> {
    this.#closing.throwIfAborted()
    if (this.#reading === undefined) {
      const begun = Promise.withResolvers<void>()
      const link = new RedisLink(this.#address)
      this.#reading = { link, begun: begun.promise }
      void this.#read(link, begun.resolve)
    }
    await this.#reading.begun
  }

  async #read(link: RedisLink, begun: () => void): Promise<void> {
    const key = ledgerKeyOf(this.#address.namespace)
    const ask = { limitMs: 3 * blockMs, signal: this.#closing, background: true }
    let position: string | undefined
    link.onReady(() => {
      // Known again only once it is asked.
      if (position !== undefined) this.#tell('unsure')
    })
    while (!this.#closing.aborted) {
      try {
        position ??= await lastPosition(link, key, ask)
        begun()
        const args = ['COUNT', String(readCount), 'BLOCK', String(blockMs), 'STREAMS', key, position]
        const answer = (await link.command('xread', args, ask)) as readonly (readonly [string, unknown])[] | null
        const entries = parseEntries(answer?.[0]?.[1] ?? [])
        position = entries.at(-1)?.position ?? position
        for (const entry of entries) this.#tell(entry)
        if (answer === null) position = await this.#checked(link, key, position, ask)
      } catch {
        // It is away; the link knows when it is back.
        this.#tell('unsure')
        await delay(retryMs, undefined, { ref: false })
      }
    }
    begun()
  }

  /** A stream that was begun anew by a server whose clock is behind would be waited for in vain. */
  async #checked(link: RedisLink, key: string, position: string, ask: CallOptions): Promise<string> {
    const last = await lastPosition(link, key, ask)
    return last !== start && isLater(position, last) ? start : position
  }

  #tell(what: StreamEntry | 'unsure'): void {
    if (what === 'unsure') {
      for (const listener of this.#listeners.news) listener('unsure')
      for (const listener of this.#listeners.vacant) listener(undefined)
    } else if (what.kind === 'vacant') {
      for (const listener of this.#listeners.vacant) listener(what.name)
    } else {
      for (const listener of this.#listeners.news) listener(what.entry)
    }
  }
}

async function lastPosition(link: RedisLink, key: string, options: CallOptions): Promise<string> {
  const newest = (await link.command('xrevrange', [key, '+', '-', 'COUNT', '1'], options)) as readonly [string][]
  return newest[0]?.[0] ?? start
}
