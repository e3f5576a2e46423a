import { interruptible, type LedgerEntry } from '../engine/index.ts'

/** The next entry of a ledger, or that some may have been missed: whoever keeps something by them looks it up again. */
export type LedgerNews = LedgerEntry | 'unsure'

/** Tells those who listen in this process what goes into a ledger, as it does. */
export interface LedgerFeed {
  /** Aborts when the feed is closed: with the reason for those who still listen. */
  readonly closing: AbortSignal
  /** Resolves, to how to leave, once nothing that happens from now on is missed. `listen` must not throw. */
  subscribe(listen: (news: LedgerNews) => void): Promise<() => void>
}

// What a listener that lags may have waiting.
const capacityCount = 1_024

/** What one listener has not read yet. One that is too far behind is told that it has missed something. */
export class NewsInbox {
  #waiting: LedgerNews[] = []
  #wake = Promise.withResolvers<void>()
  readonly #closing: AbortSignal
  readonly #onClosing = (): void => this.#wake.resolve()

  constructor(closing: AbortSignal) {
    this.#closing = closing
    closing.addEventListener('abort', this.#onClosing, { once: true })
  }

  readonly offer = (news: LedgerNews): void => {
    if (this.#waiting.length === capacityCount) this.#waiting = ['unsure']
    else this.#waiting.push(news)
    this.#wake.resolve()
  }

  /** Waits for the next. Rejects when the feed is closed or the ambient scope cancelled. */
  async take(): Promise<LedgerNews> {
    for (;;) {
      const news = this.#waiting.shift()
      if (news !== undefined) return news
      this.#closing.throwIfAborted()
      await interruptible(this.#wake.promise)
      this.#wake = Promise.withResolvers()
    }
  }

  close(): void {
    this.#closing.removeEventListener('abort', this.#onClosing)
  }
}

/** Opens an inbox on the feed. Whoever is cancelled meanwhile leaves nothing behind. */
export async function openInbox(feed: LedgerFeed): Promise<{ inbox: NewsInbox; leave: () => void }> {
  const inbox = new NewsInbox(feed.closing)
  const joining = feed.subscribe(inbox.offer)
  const leave = () => {
    inbox.close()
    joining.then(
      (leaveFeed) => leaveFeed(),
      () => undefined,
    )
  }
  try {
    await interruptible(joining)
    return { inbox, leave }
  } catch (error) {
    leave()
    throw error
  }
}
