import { describe, expect, it } from 'vitest'
import {
  batch,
  countBy,
  distinct,
  filter,
  flatMap,
  map,
  type Operator,
  pipe,
  reduce,
  scan,
  skip,
  sum,
  take,
  topN,
} from '../../operators/index.ts'
import { collect, collectUntilError, sequenceOf } from './collect.ts'
import { ManualSource } from './manual-source.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Each operator, passing on or adding up numbers. */
const OPERATORS: Record<string, Operator<number, unknown>> = {
  map: map((n) => n),
  filter: filter(() => true),
  flatMap: flatMap((n) => [n]),
  take: take(10),
  skip: skip(0),
  distinct: distinct(),
  batch: batch(1),
  scan: scan((_, n) => n, 0),
  reduce: reduce((_, n) => n, 0),
  countBy: countBy((n) => n),
  sum: sum(),
  topN: topN(2),
}

describe.each(Object.entries(OPERATORS))('%s', (_, operator) => {
  it('opens its input at the first next', async () => {
    const source = new ManualSource<number>()
    const iterator = operator(source)[Symbol.asyncIterator]()
    expect(source.openedCount).toBe(0)
    const waiting = iterator.next()
    expect(source.askedCount).toBe(1)
    await iterator.return?.()
    await waiting
  })

  it('closes its input when it is left, and waits until that is done', async () => {
    const source = new ManualSource<number>()
    let release = (): void => {}
    source.closing = new Promise((resolve) => {
      release = resolve
    })
    const iterator = operator(source)[Symbol.asyncIterator]()
    const waiting = iterator.next()
    let isLeft = false
    const leaving = iterator.return?.().then(() => {
      isLeft = true
    })
    await settle()
    expect([source.closedCount, isLeft]).toEqual([1, false])
    release()
    await leaving
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(source.askedCount).toBe(1)
  })

  it('passes on an error of its input, and does not close what has failed', async () => {
    const source = new ManualSource<number>()
    const iterator = operator(source)[Symbol.asyncIterator]()
    const waiting = iterator.next()
    source.fail(new Error('broken'))
    await expect(waiting).rejects.toThrow('broken')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(source.closedCount).toBe(0)
  })

  it('begins anew each time its result is iterated', async () => {
    const result = pipe([1, 2, 2], operator)
    expect(await collect(result)).toEqual(await collect(result))
  })
})

/** Each operator with an async function that gives what the plain one does, and with one that fails at 3. */
const FAILING: Record<string, (check: (n: number) => Promise<number>) => Operator<number, unknown>> = {
  map: (check) => map(check),
  filter: (check) => filter(async (n) => (await check(n)) > 0),
  flatMap: (check) => flatMap(async (n) => [await check(n)]),
  distinct: (check) => distinct(check),
  scan: (check) => scan(async (_, n) => check(n), 0),
}

describe.each(Object.entries(FAILING))('%s with an async function', (_, make) => {
  it('waits for one item before it takes the next', async () => {
    let runningCount = 0
    const operator = make(async (n) => {
      runningCount += 1
      expect(runningCount).toBe(1)
      await settle()
      runningCount -= 1
      return n
    })
    const iterator = operator(sequenceOf([1, 2, 3]))[Symbol.asyncIterator]()
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
    expect(results.map((result) => result.value)).toEqual([1, 2, 3, undefined])
  })

  it('hands out the items before its error, having closed its input', async () => {
    let isClosed = false
    async function* source(): AsyncGenerator<number> {
      try {
        for (let n = 1; ; n += 1) yield n
      } finally {
        isClosed = true
      }
    }
    const operator = make(async (n) => {
      if (n === 3) throw new Error('no 3')
      return n
    })
    const { items, error } = await collectUntilError(operator(source()))
    expect(items).toEqual([1, 2])
    expect(error).toEqual(new Error('no 3'))
    expect(isClosed).toBe(true)
  })
})

describe('the operators that end late, with async functions', () => {
  it('give what they give with plain ones', async () => {
    const source = [3, 1, 2, 3]
    expect(
      await collect(
        pipe(
          source,
          reduce(async (total, n) => total + n, 0),
        ),
      ),
    ).toEqual([9])
    expect(
      await collect(
        pipe(
          source,
          countBy(async (n) => n > 1),
        ),
      ),
    ).toEqual([
      { key: true, count: 3 },
      { key: false, count: 1 },
    ])
    expect(
      await collect(
        pipe(
          source,
          sum(async (n: number) => n),
        ),
      ),
    ).toEqual([9])
    expect(
      await collect(
        pipe(
          source,
          topN(2, async (n: number) => -n),
        ),
      ),
    ).toEqual([1, 2])
  })
})

describe('flatMap', () => {
  it('reads async sequences, of an async generator function too', async () => {
    const rows = flatMap(async function* (n: number) {
      yield n
      yield await Promise.resolve(-n)
    })
    expect(await collect(pipe([1, 2], rows))).toEqual([1, -1, 2, -2])
    const lazy = flatMap(async (n: number) => sequenceOf([n, n]))
    expect(await collect(pipe([1, 2], lazy))).toEqual([1, 1, 2, 2])
  })

  it('closes the sequence that it is in and its input when it is left', async () => {
    const closed: string[] = []
    function* endless(name: string): Generator<string> {
      try {
        for (;;) yield name
      } finally {
        closed.push(name)
      }
    }
    const rows = pipe(
      endless('input'),
      flatMap(() => endless('inner')),
      take(3),
    )
    expect(await collect(rows)).toEqual(['inner', 'inner', 'inner'])
    expect(closed.sort()).toEqual(['inner', 'input'])
  })

  it('refuses a string and what cannot be iterated', async () => {
    await expect(
      collect(
        pipe(
          [1],
          flatMap(() => 'word' as never),
        ),
      ),
    ).rejects.toThrow('but got a string')
    await expect(
      collect(
        pipe(
          [1],
          flatMap(() => null as never),
        ),
      ),
    ).rejects.toThrow('but got null')
  })
})

describe('take', () => {
  it('hands out its last item before it closes its input, and asks for no more', async () => {
    const source = new ManualSource<string>()
    const iterator = take<string>(1)(source)[Symbol.asyncIterator]()
    const first = iterator.next()
    source.give('only')
    expect(await first).toEqual({ done: false, value: 'only' })
    expect(source.closedCount).toBe(0)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect([source.askedCount, source.closedCount]).toEqual([1, 1])
  })

  it('opens nothing when it takes none', async () => {
    const source = new ManualSource<string>()
    expect(await collect(take(0)(source))).toEqual([])
    expect(source.openedCount).toBe(0)
  })
})

describe('counts', () => {
  it.each([NaN, Infinity, -1, 0.5])('of %s are refused when the operator is made', (count) => {
    for (const make of [take, skip, batch, topN]) expect(() => make(count)).toThrow(RangeError)
    expect(() => batch(0)).toThrow('batch: the count must be a whole number of at least 1, not 0')
  })
})
