import { describe, expect, it } from 'vitest'
import { batch, contributeTo, madeOf } from '../../engine/index.ts'
import { buildChain } from '../../pipelines/chain.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { traceToHold } from '../../pipelines/step-hand.ts'
import { testStage } from './stage.ts'
import { flowOfBatches, inTask, location, type Traced, tenfold, through, use } from './traced-flows.ts'

async function* twice(input: AsyncIterable<number>): AsyncGenerator<number> {
  for await (const n of input) {
    yield n
    yield n
  }
}

describe('The traces of what a step keeps apart', () => {
  const byParity = { kind: 'countBy', location, by: (n) => Number(n) % 2 } as const satisfies ResolvedStep
  const byParityLater: ResolvedStep = { kind: 'countBy', location, by: async (n) => Number(n) % 2 }
  const asText: ResolvedStep = { kind: 'map', location, fn: (row) => JSON.stringify(row) }
  const oneTo6: Traced[] = [
    ['a', 1],
    [null, 3],
    ['b', 2],
    ['c', 5],
    [null, 4, 6],
  ]

  it.each<[string, ResolvedStep[]]>([
    ['at once', [byParity, asText]],
    ['after a wait', [byParityLater, asText]],
    [
      'and ranked',
      [byParity, { kind: 'topN', location, count: 9, by: (row) => -(row as { key: number }).key }, asText],
    ],
  ])('are linked from the row of a key to the items with that key, which is found %s', async (_how, steps) => {
    const rows = await through(oneTo6, steps)
    expect(new Set(rows)).toEqual(
      new Set([
        ['made of a c', '{"key":1,"count":3}'],
        ['made of b', '{"key":0,"count":3}'],
      ]),
    )
  })

  it('do not go on with the row of a key that no sampled item has', async () => {
    expect(await through([...oneTo6, [null, 7.5, 8.5]], [byParity, asText])).toEqual([
      ['made of a c', '{"key":1,"count":3}'],
      ['made of b', '{"key":0,"count":3}'],
      [null, '{"key":1.5,"count":1}', '{"key":0.5,"count":1}'],
    ])
    expect(await through([[null, 1, 2]], [byParity, asText])).toEqual([
      [null, '{"key":1,"count":1}', '{"key":0,"count":1}'],
    ])
  })

  it('are capped for each key, and a child of the last one with it if it is to be', async () => {
    const input = Array.from({ length: 80 }, (_, n): Traced => [`t${n}`, n])
    const rows = await inTask(async () => {
      const inputs = {
        first: flowOfBatches(input),
        merged: new Map(),
        stage: testStage(),
        correlate: 'parent',
      } as const
      return await Array.fromAsync(await buildChain([byParity], inputs), (items) => traceToHold(items, false))
    })
    const of = (parity: number) => Array.from({ length: 32 }, (_, n) => `t${2 * n + parity}`)
    expect(rows).toMatchObject([
      { contributorCount: 40, contributors: of(0), parent: 't78' },
      { contributorCount: 40, contributors: of(1), parent: 't79' },
    ])
  })

  it('go on with the largest items, each by itself', async () => {
    const top: ResolvedStep = { kind: 'topN', location, count: 3 }
    const topLater: ResolvedStep = { ...top, by: async (n) => n }
    for (const step of [top, topLater]) {
      expect(await through(oneTo6, [step, tenfold])).toEqual([
        [null, 60],
        ['c', 50],
        [null, 40],
      ])
    }
    expect(await through(oneTo6, [top], 'link')).toEqual([
      [null, 6],
      ['made of c', 5],
      [null, 4],
    ])
  })

  it('are linked as a step of the user says', async () => {
    const sums = use(async function* (input: AsyncIterable<never>) {
      const groups = [{ sum: 0 }, { sum: 0 }, { sum: 0 }]
      for await (const n of input as AsyncIterable<number>) {
        const group = groups[n % 2] as { sum: number }
        group.sum += n
        contributeTo(group)
      }
      const [even, odd, none] = groups as [object, object, object]
      yield even
      yield batch([madeOf(odd, { odd: true }), madeOf(none, { none: true })])
      yield 'the end'
    })
    expect(await through(oneTo6, [sums])).toEqual([
      ['made of b', { sum: 12 }],
      ['made of a c', { odd: true }],
      [null, { none: true }],
      ['made of a b c', 'the end'],
    ])
  })

  it('count each of them once, in however many batches what was made of it has come', async () => {
    const input: Traced[] = [
      ['a', 1, 2],
      ['b', 3],
      [null, 4],
      ['c', 5],
    ]
    // A step that gives out item by item: each is a batch.
    const twiceEach = use((items: AsyncIterable<never>) => twice(items))
    const countAll: ResolvedStep = { kind: 'countBy', location, by: (n) => n }
    const joinedOf = async (...steps: ResolvedStep[]) => {
      const traces = await inTask(async () => {
        const found = new Set<unknown>()
        const flow = await buildChain(steps, { first: flowOfBatches(input), merged: new Map(), stage: testStage() })
        for await (const items of flow) found.add(traceToHold(items, false))
        return [...found]
      })
      return traces as { contributorCount: number; contributors: unknown[] }[]
    }
    const total: ResolvedStep = { kind: 'reduce', location, initial: 0, fn: (sum) => Number(sum) + 1 }
    const lists: ResolvedStep = { kind: 'batch', location, count: 2 }
    const all = [{ contributorCount: 3, contributors: ['a', 'b', 'c'] }]
    expect(await joinedOf(twiceEach, total)).toMatchObject(all)
    expect(await joinedOf(countAll, twiceEach, total)).toMatchObject(all)
    expect(await joinedOf(countAll, twiceEach, lists, twiceEach, total)).toMatchObject(all)
    // Each of the items goes into several rows.
    const digits: ResolvedStep = { kind: 'flatMap', location, fn: (n) => [n, Number(n) % 2, 'all'] }
    expect(await joinedOf(digits, countAll, total)).toMatchObject(all)
  })
})
