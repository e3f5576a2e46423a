import { closeAll } from './close-all.ts'
import type { Operator } from './operator.ts'

/** An operator of IxJS before it has its arguments. */
export type IxOperator = (...args: unknown[]) => Operator<any, any>

/**
 * What `ix/asynciterable/operators` exports beside the operators: `thenBy` only goes on from the ordered sequence of an `orderBy`
 * of IxJS itself, `toDOMStream` leaves the world of async iterables, `wrapWithAbort` takes its input first.
 */
const NOT_OPERATORS: ReadonlySet<string> = new Set(['thenBy', 'thenByDescending', 'toDOMStream', 'wrapWithAbort'])

/** The names of the operators of IxJS that `loadIxOperator` knows, sorted. Loads IxJS at the first call. */
export async function ixOperatorNames(): Promise<string[]> {
  const operators = await import('ix/asynciterable/operators')
  // The classes behind the operators are exported too; they alone begin with a capital letter.
  return Object.keys(operators)
    .filter((name) => /^[a-z]/.test(name) && !NOT_OPERATORS.has(name))
    .sort()
}

/**
 * Finds an operator of IxJS by its name and makes it keep the promises of `Operator`: leaving its result closes its input, which not every
 * operator of IxJS does by itself. Arguments go to IxJS as they are.
 *
 * Loads IxJS at the first call.
 *
 * @throws RangeError for a name that is not an operator; it lists those that are.
 */
export async function loadIxOperator(name: string): Promise<IxOperator> {
  const names = await ixOperatorNames()
  if (!names.includes(name)) {
    throw new RangeError(`IxJS has no async operator named ${JSON.stringify(name)}; it has ${names.join(', ')}`)
  }
  const operators: Record<string, unknown> = await import('ix/asynciterable/operators')
  const operator = operators[name] as IxOperator
  return (...args) => {
    const apply = operator(...args)
    return (input) => ({ [Symbol.asyncIterator]: () => new IxRun(input, apply) })
  }
}

/** One iteration of an IxJS operator's result, which knows the iterators of the input that it has opened. */
class IxRun implements AsyncIterator<unknown, unknown> {
  readonly #result: AsyncIterator<unknown>
  /** The iterators of the input that have not ended. */
  readonly #open = new Set<AsyncIterator<unknown>>()
  #isAsked = false

  constructor(input: AsyncIterable<unknown>, apply: Operator<unknown, unknown>) {
    this.#result = apply(this.#watch(input))[Symbol.asyncIterator]()
  }

  async next(): Promise<IteratorResult<unknown, unknown>> {
    this.#isAsked = true
    try {
      const result = await this.#result.next()
      if (result.done) await closeAll(this.#takeOpen())
      return result
    } catch (error) {
      await closeAll(this.#takeOpen()).catch(() => {})
      throw error
    } finally {
      this.#isAsked = false
    }
  }

  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    // While it waits for its input, the result could answer only after that: so the input is closed at the same time, not after it.
    if (this.#isAsked) await closeAll([this.#result, ...this.#takeOpen()])
    try {
      await this.#result.return?.(value)
    } finally {
      await closeAll(this.#takeOpen())
    }
    return { done: true, value }
  }

  #takeOpen(): AsyncIterator<unknown>[] {
    const open = [...this.#open]
    this.#open.clear()
    return open
  }

  /** The input, with a note of each iterator from when it is opened until it ends or is closed. */
  #watch(input: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const open = this.#open
    return {
      [Symbol.asyncIterator]() {
        const iterator = input[Symbol.asyncIterator]()
        open.add(iterator)
        return {
          async next() {
            try {
              const result = await iterator.next()
              if (result.done) open.delete(iterator)
              return result
            } catch (error) {
              open.delete(iterator)
              throw error
            }
          },
          async return(value?: unknown) {
            const isOpen = open.delete(iterator)
            return (isOpen ? await iterator.return?.(value) : undefined) ?? { done: true, value }
          },
        }
      },
    }
  }
}
