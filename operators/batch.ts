import { nothing } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { requireCount } from './value-checks.ts'

/**
 * Groups items into arrays of `count`. The last one holds the rest and may be shorter. It waits until an array is full.
 *
 * @throws RangeError at once, when `count` is not a whole number of at least 1.
 */
export function batch<T>(count: number): Operator<T, T[]> {
  requireCount('batch', count, 1)
  return itemWise(() => {
    let group: T[] = []
    return {
      item(item) {
        group.push(item)
        if (group.length < count) return nothing
        const full = group
        group = []
        return full
      },
      end: () => (group.length === 0 ? [] : [group]),
    }
  })
}
