import { Several, whenReady } from './item-handler.ts'
import { itemWise } from './item-loop.ts'
import type { Operator } from './operator.ts'
import { refuseIterable } from './value-checks.ts'

/** What a `flatMap` function may give: a sequence of items, except a string. */
export type Sequence<Out> = Iterable<Out> | AsyncIterable<Out>

/**
 * Puts out each item of the sequences that `fn` makes, one sequence after the other. `fn` may be an async function or an async generator
 * function; a sequence is read only as far as its items are asked for, and closed when the result is left.
 *
 * Throws what `fn` or a sequence throws, and TypeError for anything that is no sequence; a string counts as none.
 */
export function flatMap<In, Out>(
  fn: (item: In, index: number) => Sequence<Out> | Promise<Sequence<Out>>,
): Operator<In, Out> {
  return itemWise(() => {
    let index = 0
    return { item: (item) => whenReady(fn(item, index++), toSeveral) }
  })
}

function toSeveral<Out>(sequence: Sequence<Out>): Several<Out> {
  if (typeof sequence !== 'object' || sequence === null) refuseIterable(sequence)
  if (!(Symbol.iterator in sequence) && !(Symbol.asyncIterator in sequence)) refuseIterable(sequence)
  return new Several(sequence)
}
