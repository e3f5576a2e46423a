import { batch, defineActor, waitForActor } from 'actorflow'
import type { SmallItem } from '../work/small-items.ts'
import { source } from './sources.ts'

async function* map(from: string, functionName: 'async', count: number): AsyncGenerator<SmallItem> {
  const portal = await waitForActor(from, source)
  for await (const { id, value, ts } of portal.stream(functionName, count)) yield { id, value, ts: ts + 1 }
}

/** The same with what the engine offers for many items at once. */
async function* mapBatches(from: string, functionName: 'async', count: number) {
  const portal = await waitForActor(from, source)
  for await (const items of portal.stream(functionName, count).batches()) {
    yield batch(items.map(({ id, value, ts }) => ({ id, value, ts: ts + 1 })))
  }
}

export const mapper = defineActor(import.meta.url, { map, mapBatches })
