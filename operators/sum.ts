import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { requireNumber } from './value-checks.ts'

/**
 * Puts out one number at the end: the sum of what `of` gives for each item, or of the items themselves; 0 when there were none. It waits
 * for each promise that `of` gives. Throws what `of` throws, and TypeError for what is not a number.
 */
export function sum(): Operator<number, number>
export function sum<In>(of: (item: In) => number | Promise<number>): Operator<In, number>
export function sum(of?: (item: unknown) => unknown): Operator<unknown, number> {
  return itemWise(() => {
    let total = 0
    const add = (value: unknown): typeof nothing => {
      requireNumber(value)
      total += value
      return nothing
    }
    return { item: (item) => whenReady(of ? of(item) : item, add), end: () => [total] }
  })
}
