import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { SeenKeys } from './seen-keys.ts'

/**
 * Passes on the first item of each key; without `by`, an item is its own key. Keys are compared as a `Set` does, so objects by
 * identity. It remembers every key. Throws what `by` throws.
 */
export function distinct<T>(by?: (item: T) => unknown): Operator<T, T> {
  return itemWise(() => {
    const seen = new SeenKeys()
    return { item: (item) => whenReady(by ? by(item) : item, (key) => (seen.isFirst(key) ? item : nothing)) }
  })
}
