import { afterEach, describe, expect, it, vi } from 'vitest'
import { StreamLaggedError, UsageError } from '../../engine/errors.ts'
import type { Interceptor } from '../../engine/interceptor.ts'
import { itemTraceOf } from '../../engine/item-trace.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { stepSteadyClock } from '../support/steady-clock.ts'
import { errorOf } from '../support/thrown.ts'
import { sampled } from './hop.ts'
import { openSharedStream, settle, take, taskOf } from './shared-stream.ts'

const item = (value: unknown) => ({ value, done: false })
const end = { value: undefined, done: true }
const reason = new Error('enough')
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('The subscribers of a stream', () => {
  it('each get every item in order, and so does the stream itself', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const all = [...upTo(10).map(() => stream.subscribe()), stream].map((each) => Array.fromAsync(each))
    arrive(700, 'batched')
    await settle()
    arrive(300)
    receiver.finish(undefined)
    for (const items of await Promise.all(all)) expect(items).toEqual(upTo(1000))
  })

  it('get the same objects', async () => {
    const { stream, receiver } = openSharedStream()
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    receiver.push([{ row: 1 }], 1, undefined)
    const [first, second] = [await a.next(), await b.next()]
    expect(first.value).toBe(second.value)
  })

  it('begin where they subscribed', async () => {
    const { stream, arrive } = openSharedStream()
    arrive(6, 'batched')
    expect(await take(stream, 2)).toEqual([0, 1])
    const early = stream.subscribe()
    expect(await take(early, 2)).toEqual([2, 3])
    const late = stream.subscribe()
    expect(await take(early, 2)).toEqual([4, 5])
    expect(await take(late, 2)).toEqual([4, 5])
  })

  it('have the stream itself among them from its first next() on', async () => {
    const { stream, arrive } = openSharedStream()
    const subscription = stream.subscribe()
    arrive(4)
    expect(await take(subscription, 3)).toEqual([0, 1, 2])
    expect(await take(stream, 1)).toEqual([3])
    expect(await take(subscription, 1)).toEqual([3])
  })

  it('serve several calls that wait in their order', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    const calls = [a.next(), b.next(), a.next(), a.next(), b.next()]
    arrive(2)
    receiver.finish(undefined)
    expect(await Promise.all(calls)).toEqual([item(0), item(0), item(1), end, item(1)])
  })

  it('take arrays of whatever is there for them', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    arrive(5, 'batched')
    arrive(3, 'batched')
    receiver.finish(undefined)
    expect(await b.next()).toEqual(item(0))
    const [ofA, ofB] = [a.batches(), b.batches()]
    expect(await ofA.next()).toEqual(item([0, 1, 2, 3, 4]))
    expect(await ofA.next()).toEqual(item([5, 6, 7]))
    expect(await ofB.next()).toEqual(item([1, 2, 3, 4, 5, 6, 7]))
    expect([await ofA.next(), await ofB.next()]).toEqual([end, end])
  })

  it('are refused options that make no sense', () => {
    const { stream } = openSharedStream()
    for (const capacityCount of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => stream.subscribe({ capacityCount })).toThrow(UsageError)
    }
    expect(() => stream.subscribe({ lag: 'wait' as 'hold' })).toThrow("lag must be 'throw', 'skip' or 'hold'")
  })
})

describe('The source of subscribers', () => {
  it('is pulled by the fastest, and no further', async () => {
    const shared = openSharedStream({ windowCount: 10 })
    const [fast] = [shared.stream.subscribe(), shared.stream.subscribe()]
    shared.arrive(10)
    await settle()
    await take(fast, 4)
    // With half of its window used it would be granted more.
    expect(shared.grantedCount).toBe(10)
    await take(fast, 4)
    expect(shared.grantedCount).toBeGreaterThan(10)
  })

  it('is asked once for all who wait', async () => {
    const { stream, receiver } = openSharedStream()
    const asked = vi.spyOn(receiver, 'nextBatch')
    const waiting = [stream.subscribe(), stream.subscribe(), stream.subscribe()].map((each) => each.next())
    receiver.push([1], 1, undefined)
    expect(await Promise.all(waiting)).toEqual([item(1), item(1), item(1)])
    expect(asked).toHaveBeenCalledOnce()
  })

  it('is not touched by a stream that nobody subscribes to', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const asked = vi.spyOn(receiver, 'next')
    arrive(2)
    expect(await take(stream, 2)).toEqual([0, 1])
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('lets the event loop turn while a slow subscriber has much at hand', async () => {
    const { stream, arrive } = openSharedStream()
    stepSteadyClock(1.5)
    const subscription = stream.subscribe()
    arrive(40, 'batched')
    let turns = 0
    const count = () => {
      turns += 1
      if (turns < 1000) immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    expect(await take(subscription, 40)).toEqual(upTo(40))
    clearImmediate(immediate)
    expect(turns).toBeGreaterThan(5)
  })
})

describe('A subscriber that lags', () => {
  it('is told once how many items it missed, and goes on with the oldest that is there', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe({ capacityCount: 4 }), stream.subscribe()]
    arrive(10, 'batched')
    await take(fast, 7)
    expect(await errorOf(slow.next())).toEqual(new StreamLaggedError(3))
    expect(slow.missedCount).toBe(3)
    expect(await take(slow, 5)).toEqual([3, 4, 5, 6, 7])
    expect(fast.missedCount).toBe(0)
    expect(await take(fast, 3)).toEqual([7, 8, 9])
  })

  it('can be the stream itself', async () => {
    const { stream, arrive } = openSharedStream()
    const fast = stream.subscribe({ capacityCount: 2 })
    arrive(10)
    expect(await take(stream, 1)).toEqual([0])
    await take(fast, 10)
    expect(await errorOf(stream.next())).toMatchObject({ code: 'FLOW_STREAM_LAGGED', missedCount: 7 })
    expect(await take(stream, 2)).toEqual([8, 9])
  })

  it("goes on without a word with lag: 'skip'", async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe({ capacityCount: 2 }), stream.subscribe({ lag: 'skip' })]
    arrive(10)
    expect(await take(slow, 1)).toEqual([0])
    await take(fast, 5)
    expect(await take(slow, 2)).toEqual([3, 4])
    await take(fast, 5)
    expect(await take(slow, 2)).toEqual([8, 9])
    expect(slow.missedCount).toBe(5)
  })

  it('is told in place of a batch too', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe({ capacityCount: 3 }), stream.subscribe()]
    arrive(5, 'batched')
    await take(fast, 5)
    const batches = slow.batches()
    expect(await errorOf(batches.next())).toEqual(new StreamLaggedError(2))
    expect(await batches.next()).toEqual(item([2, 3, 4]))
  })

  it("holds the others back with lag: 'hold'", async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, holder] = [stream.subscribe({ capacityCount: 3 }), stream.subscribe({ lag: 'hold' })]
    arrive(10, 'batched')
    expect(await take(fast, 3)).toEqual([0, 1, 2])
    const blocked = fast.next()
    const settled = vi.fn<(result: unknown) => void>()
    void blocked.then(settled)
    await settle()
    expect(settled).not.toHaveBeenCalled()
    expect(await take(holder, 1)).toEqual([0])
    expect(await blocked).toEqual(item(3))
    const all = Array.fromAsync(holder)
    expect(await take(fast, 6)).toEqual([4, 5, 6, 7, 8, 9])
    await fast.return()
    await holder.return()
    expect(await all).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(holder.missedCount).toBe(0)
  })

  it('holds back the source too', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const [fast] = [stream.subscribe({ capacityCount: 2 }), stream.subscribe({ lag: 'hold' })]
    const asked = vi.spyOn(receiver, 'nextBatch')
    arrive(10)
    await take(fast, 2)
    void fast.next()
    await settle()
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('lets the others go on when it leaves', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, holder] = [stream.subscribe({ capacityCount: 1 }), stream.subscribe({ lag: 'hold' })]
    arrive(3)
    await fast.next()
    const blocked = fast.next()
    await settle()
    await holder.return()
    expect(await blocked).toEqual(item(1))
  })

  it('has the room that the largest count asked for gives', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe({ capacityCount: 2 }), stream.subscribe()]
    arrive(20)
    await take(fast, 3)
    stream.subscribe({ capacityCount: 5 })
    stream.subscribe({ capacityCount: 3 })
    await take(fast, 3)
    expect(await errorOf(slow.next())).toEqual(new StreamLaggedError(1))
    expect(await take(slow, 5)).toEqual([1, 2, 3, 4, 5])
  })

  it('gets 1024 items of room where nobody asks', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe(), stream.subscribe()]
    arrive(1030, 'batched')
    await take(fast, 1024)
    expect(await take(slow, 1)).toEqual([0])
    await take(fast, 6)
    expect(await errorOf(slow.next())).toEqual(new StreamLaggedError(5))
  })
})

describe('The end of a shared stream', () => {
  it('reaches each subscriber after all items before it', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe(), stream.subscribe()]
    arrive(3)
    receiver.finish(undefined)
    for (const subscription of [fast, slow]) {
      expect(await take(subscription, 4)).toEqual([0, 1, 2])
      expect(await subscription.next()).toEqual(end)
    }
  })

  it('reaches each as an error, once', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    const [fast, slow] = [stream.subscribe(), stream.subscribe()]
    arrive(3)
    receiver.finish(reason)
    for (const subscription of [fast, slow]) {
      expect(await take(subscription, 3)).toEqual([0, 1, 2])
      expect(await errorOf(subscription.next())).toBe(reason)
      expect(await subscription.next()).toEqual(end)
    }
  })

  it('reaches all who wait', async () => {
    const { stream, receiver } = openSharedStream()
    const waiting = [stream.subscribe(), stream.subscribe(), stream].map((each) => errorOf(each.next()))
    receiver.finish(reason)
    expect(await Promise.all(waiting)).toEqual([reason, reason, reason])
  })

  it('is all that a subscriber finds who comes after it', async () => {
    const { stream, receiver } = openSharedStream()
    const first = stream.subscribe()
    receiver.finish(reason)
    await errorOf(first.next())
    const late = stream.subscribe()
    expect([await late.next(), await late.return(), await stream.next()]).toEqual([end, end, end])
  })

  it('comes too for one who subscribes to a stream that was read to its end', async () => {
    const { stream, receiver, arrive } = openSharedStream()
    arrive(2)
    receiver.finish(undefined)
    expect(await Array.fromAsync(stream)).toEqual([0, 1])
    expect(await Array.fromAsync(stream.subscribe())).toEqual([])
  })
})

describe('The traces of a shared stream', () => {
  const tracer: Interceptor = { itemReceived: (_hop, { span1 }) => `held ${span1}` }

  it('are held by each task that takes the item', async () => {
    const { stream, receiver } = openSharedStream({ tracer })
    const tasks = [taskOf(stream.subscribe()), taskOf(stream.subscribe())]
    receiver.push([1, 2, 3], 3, sampled(1, 7))
    for (const { next, scope } of tasks) {
      const held: unknown[] = []
      for (let n = 0; n < 3; n += 1) {
        await next()
        held.push(scope.itemTrace)
      }
      expect(held).toEqual([null, 'held 7', null])
    }
  })

  it('are held again of the loop around, once a subscriber has come to the end or has left', async () => {
    const { stream: around, receiver: outer } = openSharedStream({ tracer })
    const { stream, receiver } = openSharedStream({ tracer })
    outer.push([1, 2], 2, Buffer.concat([sampled(0, 7), sampled(1, 8)]))
    const [one, other] = [stream.subscribe(), stream.subscribe()]
    receiver.push([1, 2], 2, sampled(0, 9))
    receiver.finish(undefined)
    const scope = new Scope(undefined)
    const held: unknown[] = []
    await runInScope(scope, async () => {
      const items = around[Symbol.asyncIterator]()
      for (const subscriber of [one, other]) {
        await items.next()
        for await (const _ of subscriber) {
          held.push(scope.itemTrace)
          if (subscriber === other) break
        }
        held.push(scope.itemTrace)
      }
    })
    expect(held).toEqual(['held 9', 'held 7', 'held 7', 'held 9', 'held 8'])
  })

  it('cut batches so that a sampled item is alone in its own', async () => {
    const { stream, receiver } = openSharedStream({ tracer })
    const [fast, slow] = [stream.subscribe(), stream.subscribe()]
    receiver.push([1, 2, 3, 4], 4, sampled(2, 7))
    await take(fast, 4)
    const batches = await take(slow.batches(), 3)
    expect(batches).toEqual([[1, 2], [3], [4]])
    expect(batches.map(itemTraceOf)).toEqual([null, 'held 7', null])
  })

  it('are not there where nobody traces', async () => {
    const { stream, arrive } = openSharedStream()
    const task = taskOf(stream.subscribe())
    arrive(1)
    await task.next()
    expect(task.scope.itemTrace).toBeUndefined()
  })
})
