import { describe, expect, it } from 'vitest'
import type { ItemGiver, Tentative } from '../../engine/index.ts'
import { giveItem, noteBatchTrace } from '../../engine/item-trace.ts'
import { ambientScope, type Scope } from '../../engine/scope.ts'
import { buildChain } from '../../pipelines/chain.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { traceToHold } from '../../pipelines/step-hand.ts'
import { testStage } from './stage.ts'
import { dropped, flowOfBatches, inTask, location, type Traced, tenfold, through, use } from './traced-flows.ts'

const isOdd: ResolvedStep = { kind: 'filter', location, fn: (n) => Number(n) % 2 === 1 }

const oneByOne = use(async function* (items: AsyncIterable<never>) {
  for await (const item of items) yield item
})
const failingAt = (bad: number): ResolvedStep => ({
  kind: 'map',
  location,
  fn: (n) => {
    if (n === bad) throw new RangeError('it is bad')
    return n
  },
})

async function* twice(input: AsyncIterable<number>): AsyncGenerator<number> {
  for await (const n of input) {
    yield n
    yield n
  }
}

async function* sumsOfTwo(input: AsyncIterable<number>): AsyncGenerator<number> {
  let kept: number | undefined
  for await (const n of input) {
    if (kept === undefined) kept = n
    else {
      yield kept + n
      kept = undefined
    }
  }
  if (kept !== undefined) yield kept
}

describe('The traces of a chain of steps', () => {
  it('go on from item to item, one to one and one to many', async () => {
    const input: Traced[] = [
      [null, 1, 2],
      ['a', 3],
      [null, 4],
      ['b', 5],
    ]
    expect(await through(input, [tenfold])).toEqual([
      [null, 10, 20],
      ['a', 30],
      [null, 40],
      ['b', 50],
    ])
    expect(
      await through(
        [
          ['a', 1],
          [null, 2],
          ['b', 3],
        ],
        [use(twice as never)],
      ),
    ).toEqual([
      ['a', 1],
      ['a', 1],
      [null, 2],
      [null, 2],
      ['b', 3],
      ['b', 3],
    ])
    expect(dropped).toEqual([])
  })

  it('end with an item that a filter drops, whether it waits or not', async () => {
    const input: Traced[] = [
      ['a', 1],
      ['b', 2],
      [null, 3, 4],
      ['c', 6],
    ]
    const asyncOdd: ResolvedStep = { kind: 'filter', location, fn: async (n) => Number(n) % 2 === 1 }
    for (const step of [isOdd, asyncOdd]) {
      expect(await through(input, [step])).toEqual([
        ['a', 1],
        [null, 3],
      ])
      expect(dropped).toEqual(['b', 'c'])
    }
  })

  it('do not end where one of several that were made of an item is dropped', async () => {
    const once: ResolvedStep = { kind: 'distinct', location }
    expect(await through([['a', 1]], [use(twice as never), once])).toEqual([['a', 1]])
    expect(dropped).toEqual([])
  })

  it('are linked from what is made of all items, unless it is to be a child of one', async () => {
    const input: Traced[] = [
      ['a', 1],
      [null, 2, 3],
      ['b', 4],
    ]
    const sum: ResolvedStep = { kind: 'sum', location }
    expect(await through(input, [sum])).toEqual([['made of a b', 10]])
    expect(await through(input, [isOdd, sum])).toEqual([['made of a b', 4]])
    expect(await through(input, [sum], 'parent')).toEqual([['made of a b under b', 10]])
    const many = Array.from({ length: 40 }, (_, index): Traced => [`t${index}`, 1])
    expect(await through(many, [sum], 'parent')).toEqual([[expect.stringMatching(/^made of t0 .* t31 under t39$/), 40]])
    expect(await through([[null, 1, 2]], [sum])).toEqual([[null, 3]])
    expect(dropped).toEqual([])
  })

  it('are linked from the list that an item is in, and from no other', async () => {
    const lists: ResolvedStep = { kind: 'batch', location, count: 2 }
    const input: Traced[] = [
      [null, 1, 2, 3],
      ['a', 4],
      ['b', 5],
      [null, 6, 7, 8],
      ['c', 9],
    ]
    expect(await through(input, [lists])).toEqual([
      [null, [1, 2]],
      ['made of a', [3, 4]],
      ['made of b', [5, 6]],
      [null, [7, 8]],
      ['made of c', [9]],
    ])
    expect(
      (
        await through(
          [
            ['a', 1],
            [null, 2, 3, 4, 5],
          ],
          [lists],
        )
      ).map(([trace]) => trace),
    ).toEqual(['made of a', null, null])
  })

  it('of a step of the user go by the item that it pulled last, until its input has ended', async () => {
    const input: Traced[] = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]
    expect(await through(input, [use(sumsOfTwo as never)])).toEqual([
      ['b', 3],
      ['made of c', 3],
    ])
    expect(await through(input, [use(sumsOfTwo as never)], 'link')).toEqual([
      ['made of a b', 3],
      ['made of c', 3],
    ])
    expect(await through(input, [use(sumsOfTwo as never)], 'parent')).toEqual([
      ['b', 3],
      ['made of c under c', 3],
    ])
  })

  it('are capped, and of what was made of others those others', async () => {
    const input = Array.from({ length: 40 }, (_, n): Traced => [`t${n}`, n])
    const outcomes = await inTask(async () => {
      const steps: ResolvedStep[] = [
        { kind: 'batch', location, count: 4 },
        use(async function* (lists: AsyncIterable<never>) {
          for await (const list of lists) yield list
        }),
        { kind: 'countBy', location, by: () => 'all' },
      ]
      const traces: unknown[] = []
      const flow = await buildChain(steps, { first: flowOfBatches(input), merged: new Map(), stage: testStage() })
      for await (const items of flow) traces.push(traceToHold(items, false))
      return traces
    })
    expect(outcomes).toMatchObject([{ contributorCount: 40, contributors: input.slice(0, 32).map(([trace]) => trace) }])
  })

  it('are in hand again in a step that has read a stream meanwhile, for what it gives out and what it does', async () => {
    const lookup: ItemGiver = { isLooped: true, isSole: true }
    const held: unknown[] = []
    const step = use(async function* (input: AsyncIterable<never>) {
      for await (const item of input) {
        for (const trace of ['found', null]) giveItem(ambientScope() as Scope, lookup, trace)
        held.push(ambientScope()?.itemTrace)
        giveItem(ambientScope() as Scope, lookup, 'found')
        yield item
      }
      held.push(ambientScope()?.itemTrace)
      yield 'the rest'
    })
    const input: Traced[] = [
      ['a', 1],
      [null, 2, 3],
    ]
    expect(await through(input, [step, step])).toEqual([
      ['a', 1],
      [null, 2],
      [null, 3],
      [null, 'the rest'],
      [null, 'the rest'],
    ])
    expect(held).toEqual(['a', 'a', null, null, null, null, undefined, null, undefined])
  })

  it.each<[string, ResolvedStep[], string[]]>([
    ['a step that takes item by item', [oneByOne], ['begin 0', 'begin 1', 'begin 2']],
    ['one behind a map', [tenfold, oneByOne], ['begin 0', 'begin 1', 'begin 2']],
    ['one behind a filter', [isOdd, oneByOne], ['locate undefined']],
    ['one behind one of these', [oneByOne, oneByOne], ['begin 0', 'begin 1', 'begin 2']],
    ['a failing map', [failingAt(2)], ['locate 1']],
    ['a failing map behind a filter', [isOdd, failingAt(3)], ['locate undefined', 'locate 2']],
  ])(
    'of items that are not sampled know which item of their batch is in the hand of %s',
    async (_what, steps, told) => {
      const calls: string[] = []
      const tentative: Tentative = {
        isTentative: true,
        begin: (index) => void calls.push(`begin ${index}`),
        locate: (index) => void calls.push(`locate ${index}`),
      }
      await inTask(async () => {
        const batch = [1, 2, 3]
        noteBatchTrace(batch, tentative)
        const first = (async function* () {
          yield [0, 0]
          yield batch
        })()
        const flow = await buildChain(steps, { first, merged: new Map(), stage: testStage() })
        await Array.fromAsync(flow).catch((error: unknown) => {
          if (!(error instanceof RangeError)) throw error
        })
      })
      expect(calls).toEqual(told)
    },
  )
})
