/**
 * A pure transformation of one async sequence into another. It knows no process.
 *
 * An operator is lazy: it opens its input at the first `next()`. It hands out every item that came before an error, then
 * throws. Left early, it calls `return()` on its input and waits for it.
 */
export type Operator<In, Out> = (input: AsyncIterable<In>) => AsyncIterable<Out>
