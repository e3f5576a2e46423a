import { type Context, context, defineActor } from 'actorflow'
import { smallItems } from '../work/small-items.ts'
import { usedMemory } from '../work/used-memory.ts'

/** A context in which nothing happens until it is cancelled. */
const idle = context(async (ctx: Context) => {
  await ctx.started()
  await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve()))
})

/** What another actor may hold without using it, and how much memory that takes here. */
export const idleSource = defineActor(import.meta.url, { idle, smallItems, usedMemory })
