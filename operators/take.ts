import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { requireCount } from './value-checks.ts'

/**
 * Passes on the first `count` items, then closes its input without asking for another.
 *
 * @throws RangeError at once, when `count` is not a whole number of at least 0.
 */
export function take<T>(count: number): Operator<T, T> {
  requireCount('take', count, 0)
  return itemWise(() => {
    let taken = 0
    return {
      item: (item) => {
        taken += 1
        return item
      },
      isFull: () => taken >= count,
    }
  })
}
