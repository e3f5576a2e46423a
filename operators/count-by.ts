import { CountTable, type KeyCount } from './count-table.ts'
import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'

/**
 * Puts out `{ key, count }` for each key at the end, in the order in which the keys were first met. Keys are compared as a `Map` does, so
 * objects by identity. It waits for each promise that `by` gives, and throws what `by` throws.
 */
export function countBy<In, Key>(by: (item: In) => Key | Promise<Key>): Operator<In, KeyCount<Key>> {
  return itemWise(() => {
    const table = new CountTable<Key>()
    const add = (key: Key): typeof nothing => {
      table.add(key)
      return nothing
    }
    return { item: (item) => whenReady(by(item), add), end: () => table.rows() }
  })
}
