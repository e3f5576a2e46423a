import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import { LargestItems, type Rankable } from './largest-items.ts'
import type { Operator } from './operator.ts'
import { requireCount } from './value-checks.ts'

/**
 * Puts out the `count` items with the largest `by` at the end, largest first and equal ones in the order in which they arrived; without
 * `by`, the items themselves are compared. It holds no more than `count` items. It waits for each promise that `by` gives.
 *
 * Throws what `by` throws, and TypeError for what has no order: NaN, an invalid date, an object, a string among numbers.
 *
 * @throws RangeError at once, when `count` is not a whole number of at least 0.
 */
export function topN<T extends Rankable>(count: number): Operator<T, T>
export function topN<T>(count: number, by: (item: T) => Rankable | Promise<Rankable>): Operator<T, T>
export function topN<T>(count: number, by?: (item: T) => unknown): Operator<T, T> {
  requireCount('topN', count, 0)
  return itemWise(() => {
    const largest = new LargestItems<T>(count)
    return {
      item: (item) =>
        whenReady(by ? by(item) : item, (rank): typeof nothing => {
          largest.offer(rank, item)
          return nothing
        }),
      end: () => largest.descending(),
    }
  })
}
