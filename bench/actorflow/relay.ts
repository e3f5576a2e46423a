import { type Definition, defineActor, waitForActor } from 'actorflow'
import { type SmallItem, smallItemsAsync } from '../work/small-items.ts'

/** Sends what the first of `names` sends, which has it from the rest of them; the last one makes it. */
function relay(names: readonly string[], count: number): AsyncGenerator<SmallItem> {
  const [from, ...rest] = names
  return from === undefined ? smallItemsAsync(count) : mapped(from, rest, count)
}

async function* mapped(from: string, names: readonly string[], count: number): AsyncGenerator<SmallItem> {
  const portal = await waitForActor(from, relayer)
  for await (const { id, value, ts } of portal.stream('relay', names, count)) yield { id, value, ts: ts + 1 }
}

/** One of a row of actors, each of which reads the one before it. */
export const relayer: Definition<{ relay: typeof relay }> = defineActor(import.meta.url, { relay })
