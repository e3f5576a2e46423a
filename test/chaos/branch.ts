import { type Context, context, defineActor, openNursery, sleep } from '../../index.ts'
import leaf from './leaf.ts'

/** Keeps leaves of these names alive as long as the context is open. */
const keepLeaves = context(async (ctx: Context<never>, names: string[]) => {
  await openNursery(
    async (nursery) => {
      await Promise.all(names.map((name) => nursery.startActor(name, leaf)))
      await ctx.started()
      await sleep(Infinity)
    },
    { restart: 'on-failure', maxRestarts: 1_000_000, backoff: { initialMs: 10, maxMs: 50 } },
  )
})

export default defineActor(import.meta.url, { keepLeaves })
