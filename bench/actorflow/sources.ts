import { batch, type Context, context, defineActor, transfer } from 'actorflow'
import { type LargeItem, largeItems } from '../work/large-items.ts'
import { type SmallItem, smallItem, smallItemArrays, smallItems, smallItemsAsync } from '../work/small-items.ts'

const batchCount = 64

function* batches(count: number) {
  for (const items of smallItemArrays(count, batchCount)) yield batch(items)
}

const send = context(async (ctx: Context<SmallItem>, count: number) => {
  for (let id = 0; id < count; id += 1) await ctx.sendYield(smallItem(id))
})

function* given(count: number, size: number): Generator<LargeItem> {
  for (const { id, bytes } of largeItems(count, size)) yield { id, bytes: transfer(bytes) }
}

/** The same items, from every kind of source there is. */
export const source = defineActor(import.meta.url, {
  async: smallItemsAsync,
  sync: smallItems,
  batches,
  send,
  large: largeItems,
  given,
})
