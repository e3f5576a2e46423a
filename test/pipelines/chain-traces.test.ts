import { describe, expect, it } from 'vitest'
import type { Interceptor, ItemGiver } from '../../engine/index.ts'
import { endGiving, followsItems, giveItem, noteBatchTrace } from '../../engine/item-trace.ts'
import { ambientScope, runInScope, Scope } from '../../engine/scope.ts'
import { buildChain, mergeFlows } from '../../pipelines/chain.ts'
import type { Correlation } from '../../pipelines/correlation.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { noteArrived, traceToHold } from '../../pipelines/step-hand.ts'
import { UpstreamFlow } from '../../pipelines/upstream-flow.ts'
import { testStage } from './stage.ts'

type Traced = readonly [trace: string | null, ...items: unknown[]]

/** What came of it: the trace (of joined ones, their contributors) and the items of each batch. */
type Outcome = readonly [trace: unknown, ...items: unknown[]]

/** What gives the batches, as a receiver would. */
const stream: ItemGiver = { isLooped: true, isSole: true }
const dropped: unknown[] = []
const taken: unknown[] = []
const interceptor: Interceptor = {
  itemTaken: (held) => void taken.push(held),
  itemDropped: (held) => void dropped.push(held),
}

/** Runs in a task of an actor that traces. */
function inTask<T>(task: () => Promise<T>): Promise<T> {
  dropped.length = 0
  taken.length = 0
  const owner = { self: { name: 'stage', id: 's1' }, interceptor }
  return runInScope(new Scope(owner, new Scope(owner)), task)
}

/** Batches as a receiver hands them out: whose trace it is, is known of the batch and held by the task that asked. */
class ManualFlow implements AsyncIterableIterator<readonly unknown[]> {
  readonly #waiting: ((batch: Traced | undefined) => void)[] = []

  next(): Promise<IteratorResult<readonly unknown[]>> {
    const scope = ambientScope()
    return new Promise((resolve) => {
      this.#waiting.push((batch) => {
        if (batch === undefined) return resolve({ value: undefined, done: true })
        const [trace, ...items] = batch
        if (scope !== undefined) giveItem(scope, stream, trace)
        if (trace !== null) noteBatchTrace(items, trace)
        resolve({ value: items, done: false })
      })
    })
  }

  /** Waits until somebody waits. */
  async asked(): Promise<void> {
    while (this.#waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Something comes for whoever waits; without anything, the end. */
  give(batch?: Traced): void {
    this.#waiting.shift()?.(batch)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

async function* flowOfBatches(batches: readonly Traced[]): AsyncGenerator<readonly unknown[]> {
  for (const [trace, ...items] of batches) {
    const scope = ambientScope()
    if (scope !== undefined) giveItem(scope, stream, trace)
    if (trace !== null) noteBatchTrace(items, trace)
    yield items
  }
  endGiving(ambientScope(), stream, 'ended')
}

async function* toAsync<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

function outcomeOf(items: readonly unknown[]): Outcome {
  const trace = traceToHold(items, false) as null | string | { contributors: string[]; parent: string | undefined }
  if (trace === null || typeof trace === 'string') return [trace, ...items]
  const parent = trace.parent === undefined ? '' : ` under ${trace.parent}`
  return [`made of ${trace.contributors.join(' ')}${parent}`, ...items]
}

function through(
  batches: readonly Traced[],
  steps: readonly ResolvedStep[],
  correlate?: Correlation,
): Promise<Outcome[]> {
  return inTask(async () => {
    const inputs = { first: flowOfBatches(batches), merged: new Map(), stage: testStage(), correlate }
    const outcomes: Outcome[] = []
    for await (const items of await buildChain(steps, inputs)) outcomes.push(outcomeOf(items))
    return outcomes
  })
}

const location = 'p.yaml:1:1'
const use = (fn: (input: AsyncIterable<never>) => AsyncIterable<unknown>): ResolvedStep => {
  return { kind: 'use', location, with: undefined, fn: fn as never }
}
const tenfold: ResolvedStep = { kind: 'map', location, fn: (n) => Number(n) * 10 }
const isOdd: ResolvedStep = { kind: 'filter', location, fn: (n) => Number(n) % 2 === 1 }

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

  it('are those of the batch in hand while another one comes in', async () => {
    await inTask(async () => {
      const [letters, numbers] = [new ManualFlow(), new ManualFlow()]
      const atWork = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const held: unknown[] = []
      const step = use(async function* (input: AsyncIterable<never>) {
        for await (const item of input) {
          atWork.resolve()
          await goOn.promise
          held.push(ambientScope()?.itemTrace)
          yield item
          held.push(ambientScope()?.itemTrace)
          yield item
        }
      })
      const inputs = { first: mergeFlows([letters, numbers]), merged: new Map(), stage: testStage() }
      const flow = (await buildChain([step], inputs))[Symbol.asyncIterator]()
      const first = flow.next()
      await letters.asked()
      letters.give(['a', 'x'])
      await atWork.promise
      // It was asked for at the same time, and comes while the first is being worked on.
      numbers.give(['b', 1])
      await new Promise((resolve) => setImmediate(resolve))
      expect(taken).toEqual(['a'])
      goOn.resolve()
      const outcomes: Outcome[] = [outcomeOf((await first).value)]
      for (let n = 0; n < 3; n += 1) outcomes.push(outcomeOf((await flow.next()).value))
      expect(outcomes).toEqual([
        ['a', 'x'],
        ['a', 'x'],
        ['b', 1],
        ['b', 1],
      ])
      expect(held).toEqual(['a', 'a', 'b', 'b'])
    })
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

  it('are those of no item in front of the batches that are not sampled, in a stage that merges', async () => {
    await inTask(async () => {
      const [letters, numbers] = [new ManualFlow(), new ManualFlow()]
      const held: unknown[] = []
      const note: ResolvedStep = { kind: 'map', location, fn: (item) => (held.push(ambientScope()?.itemTrace), item) }
      const step = use(async function* (input: AsyncIterable<never>) {
        for await (const item of input) {
          held.push(ambientScope()?.itemTrace)
          yield item
        }
        held.push(ambientScope()?.itemTrace)
      })
      const inputs = { first: mergeFlows([letters, numbers]), merged: new Map(), stage: testStage() }
      const flow = (await buildChain([note, step], inputs))[Symbol.asyncIterator]()
      const first = flow.next()
      await letters.asked()
      letters.give([null, 'x'])
      await first
      expect(held).toEqual([null, null])
      const end = flow.next()
      for (const input of [letters, numbers]) {
        await input.asked()
        input.give()
      }
      expect(await end).toMatchObject({ done: true })
      expect(held).toEqual([null, null, undefined])
    })
  })

  it('are of no item in a stage where the items begin', async () => {
    const held: unknown[] = []
    const note: ResolvedStep = { kind: 'map', location, fn: (item) => (held.push(ambientScope()?.itemTrace), item) }
    const continued = [2]
    const arrived = [4]
    noteBatchTrace(continued, 'a')
    noteArrived(arrived)
    await inTask(async () => {
      const first = toAsync([[1], continued, [3], arrived])
      const flow = await buildChain([note], { first, merged: new Map(), stage: testStage(), begins: true })
      await Array.fromAsync(flow)
    })
    expect(held).toEqual([undefined, 'a', undefined, null])
  })

  it('are told apart from those of a source only where somebody follows items', async () => {
    const follows = (followed: Interceptor | undefined) => {
      const owner = { self: { name: 'stage', id: 's1' }, interceptor: followed }
      return runInScope(new Scope(owner), async () => followsItems())
    }
    expect(await follows(undefined)).toBe(false)
    expect(await follows({ callStarted: () => undefined })).toBe(false)
    expect(await follows({ itemSent: () => false })).toBe(true)
    const batches = [[1], [2]] as const
    for (const [index, notesArrival] of [false, true].entries()) {
      const output = { batches: () => toAsync([batches[index]])[Symbol.asyncIterator](), decline: async () => {} }
      await new UpstreamFlow(output as never, { notesArrival }).next()
    }
    expect(batches.map((batch) => traceToHold(batch, true))).toEqual([undefined, null])
  })

  it('begin with the items of a source, beside which others have come unsampled', async () => {
    const own = [1, 2]
    expect(traceToHold(own, true)).toBeUndefined()
    expect(traceToHold(own, false)).toBeNull()
    const arrived = [3]
    noteArrived(arrived)
    expect(traceToHold(arrived, true)).toBeNull()
    await inTask(async () => {
      const first = mergeFlows([toAsync([own]), toAsync([arrived])])
      const flow = await buildChain([tenfold], { first, merged: new Map(), stage: testStage() })
      const traces: unknown[] = []
      for await (const items of flow) traces.push([traceToHold(items, true), ...items])
      expect(traces).toEqual([
        [undefined, 10, 20],
        [null, 30],
      ])
    })
  })
})
