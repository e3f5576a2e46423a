import { nothing, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'

/**
 * Passes on the items for which `fn` gives something true. It waits for each promise that `fn` gives before it takes the next item,
 * and throws what `fn` throws.
 */
export function filter<In, Out extends In>(fn: (item: In, index: number) => item is Out): Operator<In, Out>
export function filter<In>(fn: (item: In, index: number) => unknown): Operator<In, In>
export function filter<In>(fn: (item: In, index: number) => unknown): Operator<In, In> {
  return itemWise(() => {
    let index = 0
    return { item: (item) => whenReady(fn(item, index++), (keep) => (keep ? item : nothing)) }
  })
}
