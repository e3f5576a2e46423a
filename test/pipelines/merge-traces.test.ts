import { describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { followsItems, noteBatchTrace } from '../../engine/item-trace.ts'
import { ambientScope, runInScope, Scope } from '../../engine/scope.ts'
import { buildChain, mergeFlows } from '../../pipelines/chain.ts'
import type { ResolvedStep } from '../../pipelines/resolve-steps.ts'
import { noteArrived, traceToHold } from '../../pipelines/step-hand.ts'
import { UpstreamFlow } from '../../pipelines/upstream-flow.ts'
import { testStage } from './stage.ts'
import { failed, inTask, location, ManualFlow, type Outcome, outcomeOf, taken, tenfold, use } from './traced-flows.ts'

async function* toAsync<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

describe('The traces of a chain of steps that merges, or begins with a source', () => {
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

  it('of what is read ahead go on where it was left', async () => {
    await inTask(async () => {
      const [letters, numbers] = [new ManualFlow(), new ManualFlow()]
      const held: unknown[] = []
      const step = use(async function* (input: AsyncIterable<never>) {
        for await (const item of input) {
          yield item
          held.push(ambientScope()?.itemTrace)
          yield item
        }
      })
      const merged = new Map([[1, [numbers]]])
      const flow = await buildChain([step, { kind: 'merge', location } as never], {
        first: letters,
        merged,
        stage: testStage(),
      })
      const batches = flow[Symbol.asyncIterator]()
      const first = batches.next()
      await letters.asked()
      letters.give(['a', 'x'])
      expect(outcomeOf((await first).value)).toEqual(['a', 'x'])
      expect(outcomeOf((await batches.next()).value)).toEqual(['a', 'x'])
      expect(held).toEqual(['a'])
    })
  })

  it('have the error of a step that reads ahead of a merge, and the others have not', async () => {
    await inTask(async () => {
      const [letters, numbers] = [new ManualFlow(), new ManualFlow()]
      const step = use(async function* (input: AsyncIterable<never>) {
        for await (const item of input) {
          if (item === 'y') throw new RangeError('no y')
          yield item
        }
      })
      const steps = [step, { kind: 'merge', location } as never]
      const inputs = { first: letters, merged: new Map([[1, [numbers]]]), stage: testStage() }
      const flow = (await buildChain(steps, inputs))[Symbol.asyncIterator]()
      const first = flow.next()
      await letters.asked()
      letters.give(['a', 'x'])
      await first
      const second = flow.next()
      await letters.asked()
      letters.give(['b', 'y'])
      await expect(second).rejects.toThrow('no y')
      expect([...failed]).toEqual(['b'])
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
