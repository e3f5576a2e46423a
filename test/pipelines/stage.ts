import { Batch } from '../../engine/index.ts'
import type { StageContext } from '../../pipelines/index.ts'

/** A stage's view of itself, for testing a source or a sink without a pipeline. */
export function testStage(overrides: Partial<StageContext> = {}): StageContext {
  const signal = new AbortController().signal
  return { pipeline: 'test', name: 'stage', actor: { index: 0, count: 1 }, signal, directory: '/', ...overrides }
}

/** All items of a source, batches opened. */
export async function collectItems(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of source) items.push(...(item instanceof Batch ? item.items : [item]))
  return items
}

/** Items one by one. */
export async function* itemsOf<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}
