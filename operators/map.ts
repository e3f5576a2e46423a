import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'

/**
 * Puts out what `fn` makes of each item. It waits for each promise that `fn` gives before it takes the next item, and throws what
 * `fn` throws.
 */
export function map<In, Out>(fn: (item: In, index: number) => Out | Promise<Out>): Operator<In, Out> {
  return itemWise(() => {
    let index = 0
    return { item: (item) => fn(item, index++) }
  })
}
