import { type Context, context, defineActor, openNursery, sleep } from '../../index.ts'
import leaf from './leaf.ts'
import { heapBytes } from './memory.ts'
import { codeOf } from './outcomes.ts'

/** What became of a leaf. */
export type LeafEvent =
  | { readonly kind: 'restarted'; readonly name: string }
  | { readonly kind: 'exited'; readonly name: string; readonly code: string }

/** Keeps leaves of these names alive as long as the context is open, and sends what becomes of them. */
const keepLeaves = context(async (ctx: Context<LeafEvent>, names: string[]) => {
  await openNursery(
    async (nursery) => {
      const events = nursery.events()
      await Promise.all(names.map((name) => nursery.startActor(name, leaf)))
      await ctx.started()
      for await (const event of events) {
        const { name } = event.actor
        if (event.kind === 'restarted') await ctx.sendYield({ kind: 'restarted', name })
        if (event.kind === 'exited' && event.error !== undefined) {
          await ctx.sendYield({ kind: 'exited', name, code: codeOf(event.error) })
        }
      }
      await sleep(Infinity)
    },
    { restart: 'on-failure', maxRestarts: 1_000_000, backoff: { initialMs: 10, maxMs: 50 } },
  )
})

export default defineActor(import.meta.url, { keepLeaves, heapBytes })
