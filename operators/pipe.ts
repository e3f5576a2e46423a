import type { Operator } from './operator.ts'

/** What a pipe begins with. */
export type PipeSource<T> = AsyncIterable<T> | Iterable<T>

/**
 * Puts a source through operators, from left to right. Nothing is opened before the result is iterated; leaving it early closes the source
 * through all of them.
 */
export function pipe<A>(source: PipeSource<A>): AsyncIterable<A>
export function pipe<A, B>(source: PipeSource<A>, o1: Operator<A, B>): AsyncIterable<B>
export function pipe<A, B, C>(source: PipeSource<A>, o1: Operator<A, B>, o2: Operator<B, C>): AsyncIterable<C>
export function pipe<A, B, C, D>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
): AsyncIterable<D>
export function pipe<A, B, C, D, E>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
  o4: Operator<D, E>,
): AsyncIterable<E>
export function pipe<A, B, C, D, E, F>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
  o4: Operator<D, E>,
  o5: Operator<E, F>,
): AsyncIterable<F>
export function pipe<A, B, C, D, E, F, G>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
  o4: Operator<D, E>,
  o5: Operator<E, F>,
  o6: Operator<F, G>,
): AsyncIterable<G>
export function pipe<A, B, C, D, E, F, G, H>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
  o4: Operator<D, E>,
  o5: Operator<E, F>,
  o6: Operator<F, G>,
  o7: Operator<G, H>,
): AsyncIterable<H>
export function pipe<A, B, C, D, E, F, G, H, I>(
  source: PipeSource<A>,
  o1: Operator<A, B>,
  o2: Operator<B, C>,
  o3: Operator<C, D>,
  o4: Operator<D, E>,
  o5: Operator<E, F>,
  o6: Operator<F, G>,
  o7: Operator<G, H>,
  o8: Operator<H, I>,
): AsyncIterable<I>
export function pipe<A>(source: PipeSource<A>, ...operators: Operator<A, A>[]): AsyncIterable<A>
export function pipe(source: PipeSource<unknown>, ...operators: Operator<any, any>[]): AsyncIterable<unknown> {
  return operators.reduce((input, operator) => operator(input), toAsync(source))
}

function toAsync<T>(source: PipeSource<T>): AsyncIterable<T> {
  if (Symbol.asyncIterator in source) return source
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.iterator]()
      return {
        next: async () => iterator.next(),
        return: async () => iterator.return?.() ?? { done: true, value: undefined },
      }
    },
  }
}
