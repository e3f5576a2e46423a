import { describe, expectTypeOf, it } from 'vitest'
import {
  batch,
  countBy,
  distinct,
  filter,
  flatMap,
  type KeyCount,
  loadIxOperator,
  map,
  merge,
  type Operator,
  pipe,
  reduce,
  scan,
  skip,
  sum,
  take,
  topN,
} from '../../operators/index.ts'

declare const numbers: AsyncIterable<number>
declare const words: AsyncIterable<string>

describe('pipe', () => {
  it('gives each operator the item type of the one before it', () => {
    const rows = pipe(
      words,
      map((word, index) => ({ word, index })),
      filter((row) => row.index > 0),
      flatMap((row) => [row.word, row.index]),
      batch(2),
    )
    expectTypeOf(rows).toEqualTypeOf<AsyncIterable<(string | number)[]>>()
  })

  it('takes eight operators, and iterables as sources', () => {
    const step = map((n: number) => n)
    expectTypeOf(pipe([1], step, step, step, step, step, step, step, sum())).toEqualTypeOf<AsyncIterable<number>>()
    expectTypeOf(pipe(new Set(['a']))).toEqualTypeOf<AsyncIterable<string>>()
  })
})

describe('the operators', () => {
  it('take async functions and give what they resolve to', () => {
    expectTypeOf(map(async (n: number) => String(n))).toEqualTypeOf<Operator<number, string>>()
    expectTypeOf(flatMap(async (n: number) => [n])).toEqualTypeOf<Operator<number, number>>()
    expectTypeOf(countBy(async (word: string) => word.length)).toEqualTypeOf<Operator<string, KeyCount<number>>>()
  })

  it('flatMap takes an async generator function', () => {
    const pairs = flatMap(async function* (n: number) {
      yield [n, n] as const
    })
    expectTypeOf(pairs).toEqualTypeOf<Operator<number, readonly [number, number]>>()
  })

  it('filter narrows by a type guard', () => {
    const mixed = {} as AsyncIterable<string | null>
    expectTypeOf(
      pipe(
        mixed,
        filter((item) => item !== null),
      ),
    ).toEqualTypeOf<AsyncIterable<string>>()
  })

  it('pass on items of their input', () => {
    expectTypeOf(pipe(words, take(1), skip(1), distinct())).toEqualTypeOf<AsyncIterable<string>>()
    expectTypeOf(
      pipe(
        words,
        topN(2, (word) => word.length),
      ),
    ).toEqualTypeOf<AsyncIterable<string>>()
    expectTypeOf(pipe(numbers, topN(2))).toEqualTypeOf<AsyncIterable<number>>()
  })

  it('fold to the type of the accumulator', () => {
    expectTypeOf(
      pipe(
        words,
        reduce((total, word) => total + word.length, 0),
      ),
    ).toEqualTypeOf<AsyncIterable<number>>()
    const sizes = scan(
      (all: Map<string, number>, word: string) => all.set(word, word.length),
      () => new Map<string, number>(),
    )
    expectTypeOf(sizes).toEqualTypeOf<Operator<string, Map<string, number>>>()
  })

  it('refuse to rank or add up what has no order or is no number', () => {
    // @ts-expect-error objects cannot be ranked
    pipe([{}], topN(1))
    // @ts-expect-error words cannot be added up
    pipe(words, sum())
  })
})

describe('merge', () => {
  it('joins the item types of its inputs', () => {
    expectTypeOf(merge<number | string>(numbers, words)).toEqualTypeOf<AsyncIterable<number | string>>()
    expectTypeOf(merge(numbers, numbers)).toEqualTypeOf<AsyncIterable<number>>()
  })
})

describe('loadIxOperator', () => {
  it('gives a function of any arguments', () => {
    expectTypeOf(loadIxOperator('map')).resolves.returns.toEqualTypeOf<Operator<any, any>>()
  })
})
