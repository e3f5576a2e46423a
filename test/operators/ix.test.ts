import { describe, expect, it } from 'vitest'
import { ixOperatorNames, loadIxOperator, pipe } from '../../operators/index.ts'
import { collect, sequenceOf } from './collect.ts'
import { ManualSource } from './manual-source.ts'

const other = (): AsyncIterable<unknown> => sequenceOf([1, 2, 3])
const never = (): AsyncIterable<unknown> => new ManualSource<unknown>()
const identity = (item: unknown): unknown => item

/** Arguments with which an operator puts out an item for the endless input 0, 1, 2, ... */
const ARGUMENTS: Record<string, () => unknown[]> = {
  buffer: () => [2],
  bufferCountOrTime: () => [2, 1_000],
  catchError: () => [other],
  combineLatestWith: () => [other()],
  concatMap: () => [other],
  concatWith: () => [other()],
  defaultIfEmpty: () => [0],
  delay: () => [0],
  delayEach: () => [0],
  doWhile: () => [() => false],
  except: () => [sequenceOf([-1])],
  expand: () => [other],
  filter: () => [() => true],
  finalize: () => [() => {}],
  flatMap: () => [other],
  intersect: () => [other()],
  map: () => [identity],
  mergeWith: () => [other()],
  pluck: () => ['constructor'],
  raceWith: () => [never()],
  scan: () => [{ callback: (a: number, b: number) => a + b, seed: 0 }],
  skip: () => [1],
  skipLast: () => [1],
  skipUntil: () => [async () => {}],
  skipWhile: () => [() => false],
  slice: () => [0, 5],
  startWith: () => [0],
  switchMap: () => [other],
  take: () => [5],
  takeUntil: () => [() => new Promise(() => {})],
  takeWhile: () => [() => true],
  tap: () => [{ next: () => {} }],
  throttle: () => [0],
  timeout: () => [1_000],
  union: () => [other()],
  withAbort: () => [new AbortController().signal],
  withLatestFrom: () => [other()],
  zipWith: () => [other()],
}

/** They wait for the end of their input, or for one that is a sequence of sequences. */
const NOT_FOR_ENDLESS_NUMBERS = new Set([
  'concatAll',
  'debounce',
  'groupBy',
  'groupJoin',
  'ignoreElements',
  'innerJoin',
  'mergeAll',
  'orderBy',
  'orderByDescending',
  'reverse',
  'scanRight',
  'switchAll',
  'takeLast',
])

const leavable = (await ixOperatorNames()).filter((name) => !NOT_FOR_ENDLESS_NUMBERS.has(name))

describe('loadIxOperator', () => {
  it('adapts an operator of IxJS, with its arguments as they are', async () => {
    const buffer = await loadIxOperator('buffer')
    const orderByDescending = await loadIxOperator('orderByDescending')
    const rows = pipe([3, 1, 2], orderByDescending(identity), buffer(2))
    expect(await collect(rows)).toEqual([[3, 2], [1]])
    expect(await collect(rows)).toEqual([[3, 2], [1]])
  })

  it.each(['Map', 'MapAsyncIterable', 'wrapWithAbort', 'thenBy', 'toDOMStream', 'toString', '__proto__', ''])(
    'refuses %j and lists the names it knows',
    async (name) => {
      await expect(loadIxOperator(name)).rejects.toThrow(RangeError)
      await expect(loadIxOperator(name)).rejects.toThrow(/batch, buffer, .* zipWith/)
    },
  )

  it.each(leavable)('closes the input when the result of %s is left', async (name) => {
    let openCount = 0
    async function* endless(): AsyncGenerator<number> {
      openCount += 1
      try {
        for (let n = 0; ; n += 1) {
          yield n
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        openCount -= 1
      }
    }
    const operator = await loadIxOperator(name)
    for await (const _ of operator(...(ARGUMENTS[name]?.() ?? []))(endless())) break
    expect(openCount).toBe(0)
  })

  it('closes the input when it is left while it waits for an item', async () => {
    const map = await loadIxOperator('map')
    const source = new ManualSource<number>()
    const iterator = map(identity)(source)[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await iterator.return?.()
    expect(source.closedCount).toBe(1)
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('closes the input when the operator fails, and passes on an error of the input', async () => {
    const map = await loadIxOperator('map')
    const fail = map(() => {
      throw new Error('no good')
    })
    const source = new ManualSource<number>()
    const waiting = fail(source)[Symbol.asyncIterator]().next()
    source.give(1)
    await expect(waiting).rejects.toThrow('no good')
    expect(source.closedCount).toBe(1)
    await expect(collect(map(identity)(sequenceOf([1], new Error('broken'))))).rejects.toThrow('broken')
  })
})

describe('ixOperatorNames', () => {
  it('lists operators only, in order', async () => {
    const names = await ixOperatorNames()
    expect(names).toEqual([...names].sort())
    expect(names).toEqual(expect.arrayContaining(['catchError', 'debounce', 'map', 'timeout', 'zipWith']))
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name))).toEqual([])
  })
})
