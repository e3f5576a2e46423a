import { nothing } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { requireCount } from './value-checks.ts'

/**
 * Drops the first `count` items and passes on the rest.
 *
 * @throws RangeError at once, when `count` is not a whole number of at least 0.
 */
export function skip<T>(count: number): Operator<T, T> {
  requireCount('skip', count, 0)
  return itemWise(() => {
    let skipped = 0
    return {
      item(item) {
        if (skipped >= count) return item
        skipped += 1
        return nothing
      },
    }
  })
}
