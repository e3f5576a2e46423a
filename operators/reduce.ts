import { freshInitial } from './initial.ts'
import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'

/**
 * Puts out one item at the end: the last accumulator, which is the initial one when there were no items. It waits for each promise that
 * `fn` gives, and throws what `fn` throws.
 *
 * Each run begins with a copy of `initial`, or with what it gives when it is a function; a value that cannot be copied is a TypeError.
 */
export function reduce<In, Acc>(
  fn: (accumulator: Acc, item: In, index: number) => Acc | Promise<Acc>,
  initial: Acc | (() => Acc),
): Operator<In, Acc> {
  return itemWise(() => {
    let accumulator = freshInitial(initial)
    let index = 0
    const keep = (next: Acc): typeof nothing => {
      accumulator = next
      return nothing
    }
    return { item: (item) => whenReady(fn(accumulator, item, index++), keep), end: () => [accumulator] }
  })
}
