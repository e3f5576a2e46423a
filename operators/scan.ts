import { freshInitial } from './initial.ts'
import { whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'

/**
 * Puts out the accumulator after each item. Let `fn` return a new accumulator rather than change the old one, which has been put out
 * already. It waits for each promise that `fn` gives, and throws what `fn` throws.
 *
 * Each run begins with a copy of `initial`, or with what it gives when it is a function; a value that cannot be copied is a TypeError.
 */
export function scan<In, Acc>(
  fn: (accumulator: Acc, item: In, index: number) => Acc | Promise<Acc>,
  initial: Acc | (() => Acc),
): Operator<In, Acc> {
  return itemWise(() => {
    let accumulator = freshInitial(initial)
    let index = 0
    const keep = (next: Acc): Acc => {
      accumulator = next
      return next
    }
    return { item: (item) => whenReady(fn(accumulator, item, index++), keep) }
  })
}
