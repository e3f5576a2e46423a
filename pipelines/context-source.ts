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
    let offer = Promise.withResolvers<{ item: unknown; taken: () => void } | undefined>()
    const queue: { item: unknown; taken: () => void }[] = []
    const stop = new AbortController()
    const signal = AbortSignal.any([stage.signal, stop.signal])
    const send = async (item: unknown) => {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        queue.push({ item, taken: resolve })
        offer.resolve(undefined)
      })
    }
    const ctx = { signal, started: async () => undefined, sendYield: send, cancel: () => stop.abort() }
    const running = Promise.resolve(fn(ctx as never, options, stage))
    let ended = false
    const end = () => {
      ended = true
      offer.resolve(undefined)
    }
    running.then(end, end)
    try {
      while (!ended || queue.length > 0) {
        const next = queue.shift()
        if (next === undefined) {
          await offer.promise
          offer = Promise.withResolvers()
          continue
        }
        yield next.item
        next.taken()
      }
      await running
    } finally {
      stop.abort()
      await running.catch(() => undefined)
    }
  }
}
