import type { Context } from '../engine/index.ts'
import type { StageContext } from './stage-context.ts'

/**
 * A context function as a source: what it sends with `ctx.sendYield` are the items. `sendYield` resolves when the stage
 * has taken the item, so the function runs no further ahead than that.
 */
export function contextSource(
  fn: (ctx: Context<unknown, never, undefined>, options: unknown, stage: StageContext) => unknown,
): (options: unknown, stage: StageContext) => AsyncGenerator<unknown> {
  return async function* (options, stage) {
    const stop = new AbortController()
    const signal = AbortSignal.any([stage.signal, stop.signal])
    const offers = new Offers(signal)
    const ctx = { signal, started: async () => undefined, sendYield: offers.send, cancel: () => stop.abort() }
    const running = Promise.resolve(fn(ctx as never, options, stage))
    const close = () => offers.close()
    running.then(close, close)
    try {
      for (let offer = await offers.take(); offer !== undefined; offer = await offers.take()) {
        yield offer.item
        offer.taken()
      }
      await running
    } finally {
      stop.abort()
      await running.catch(() => undefined)
    }
  }
}

interface Offer {
  readonly item: unknown
  readonly taken: () => void
  readonly refused: (reason: Error) => void
}

/** Items that wait to be taken; as many as the function has tasks that wait in `sendYield`. */
class Offers {
  readonly #signal: AbortSignal
  readonly #queue: Offer[] = []
  #closed = false
  #wake: () => void = () => undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#rejectAll(), { once: true })
  }

  readonly send = (item: unknown): Promise<void> => {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason as Error)
      this.#queue.push({ item, taken: resolve, refused: reject })
      this.#wake()
    })
  }

  #rejectAll(): void {
    for (const offer of this.#queue.splice(0)) offer.refused(this.#signal.reason as Error)
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  async take(): Promise<Offer | undefined> {
    if (this.#queue.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#queue.shift()
  }
}
