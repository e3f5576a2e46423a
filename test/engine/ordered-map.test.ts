import { afterEach, describe, expect, it, vi } from 'vitest'
import { ActorTooSlowError } from '../../engine/errors.ts'
import { OrderedMap, type OrderedMapOptions } from '../../engine/ordered-map.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { ManualSource } from '../operators/manual-source.ts'
import { errorOf } from '../support/thrown.ts'
import { ManualCalls } from './manual-calls.ts'
import { Numbers } from './numbers.ts'

const self = { name: 'mapper', id: 'm1' }
const turn = () => new Promise((resolve) => setImmediate(resolve))

function openMap<T>(
  source: Iterable<T> | AsyncIterable<T>,
  options: Partial<OrderedMapOptions<T, string>> = {},
): { map: OrderedMap<T, string>; calls: ManualCalls<T, string>; scope: Scope } {
  const calls = new ManualCalls<T, string>()
  const scope = new Scope(undefined)
  const all = { call: calls.call, ordered: true, concurrency: 3, scope, self, graceMs: 100, ...options }
  return { map: runInScope(scope, () => new OrderedMap(source, all)), calls, scope }
}

describe('An ordered map', () => {
  it('begins at the first next(), and takes no more than it may', async () => {
    const numbers = new Numbers()
    const { map, calls } = openMap(numbers)
    await turn()
    expect({ read: numbers.read, begun: calls.begun }).toEqual({ read: 0, begun: [] })
    const first = map.next()
    await turn()
    expect({ read: numbers.read, begun: calls.begun }).toEqual({ read: 3, begun: [1, 2, 3] })
    calls.finish(1, 'one')
    expect(await first).toEqual({ done: false, value: 'one' })
    await map.return()
  })

  it('hands out the results in the order of the input, whichever is ready first', async () => {
    const { map, calls } = openMap(new Numbers(3))
    const results = Array.fromAsync(map)
    await turn()
    calls.finish(3, 'three')
    calls.finish(2, 'two')
    await turn()
    calls.finish(1, 'one')
    expect(await results).toEqual(['one', 'two', 'three'])
  })

  it('hands them out as they are ready where that is asked for', async () => {
    const { map, calls } = openMap(new Numbers(3), { ordered: false })
    const results = Array.fromAsync(map)
    await turn()
    for (const n of [3, 1, 2]) {
      calls.finish(n, String(n))
      await turn()
    }
    expect(await results).toEqual(['3', '1', '2'])
  })

  it('counts a result that the consumer has not seen yet as one that it holds', async () => {
    const numbers = new Numbers()
    const { map, calls } = openMap(numbers, { concurrency: 2 })
    const first = map.next()
    await turn()
    calls.finish(1, '1')
    await first
    expect(numbers.read).toBe(2)
    // The consumer takes its time with it: there is room for another one.
    await turn()
    expect(numbers.read).toBe(3)
    await turn()
    expect(numbers.read).toBe(3)
    await map.return()
  })

  it('asks an asynchronous input for one item at a time, and not at all while there is no room', async () => {
    const source = new ManualSource<number>()
    const { map, calls } = openMap(source, { concurrency: 2 })
    const first = map.next()
    for (const n of [1, 2]) {
      await turn()
      source.give(n)
    }
    await turn()
    expect({ asked: source.askedCount, begun: calls.begun }).toEqual({ asked: 2, begun: [1, 2] })
    calls.finish(1, '1')
    await first
    await turn()
    expect(source.askedCount).toBe(3)
    source.end()
    calls.finish(2, '2')
    expect(await map.next()).toEqual({ done: false, value: '2' })
    expect(await map.next()).toEqual({ done: true, value: undefined })
    expect(source.closedCount).toBe(0)
  })

  it('serves calls of next() that were made at once, in their order', async () => {
    const { map, calls } = openMap(new Numbers(2))
    const results = Promise.all([map.next(), map.next(), map.next()])
    await turn()
    calls.finish(2, 'two')
    calls.finish(1, 'one')
    expect(await results).toEqual([
      { done: false, value: 'one' },
      { done: false, value: 'two' },
      { done: true, value: undefined },
    ])
  })

  it('does not overflow the stack over a long synchronous input', async () => {
    const concurrency = 10_000
    const { map } = openMap(new Numbers(concurrency), { concurrency, call: (n) => Promise.resolve(String(n)) })
    expect((await Array.fromAsync(map)).length).toBe(concurrency)
  })

  describe('when an item fails', () => {
    it('throws its error in its place, having cancelled what comes after it, and takes nothing more', async () => {
      const numbers = new Numbers()
      const { map, calls } = openMap(numbers)
      const boom = new Error('boom')
      const first = map.next()
      await turn()
      calls.fail(2, boom)
      await turn()
      await turn()
      expect(calls.cancelled).toEqual([3])
      calls.finish(1, 'one')
      expect(await first).toEqual({ done: false, value: 'one' })
      expect(await errorOf(map.next())).toBe(boom)
      expect({ read: numbers.read, closed: numbers.closedCount }).toEqual({ read: 3, closed: 1 })
      expect(await map.next()).toEqual({ done: true, value: undefined })
    })

    it('throws the first in order when several do', async () => {
      const { map, calls } = openMap(new Numbers())
      const first = errorOf(map.next())
      await turn()
      calls.fail(2, new Error('second'))
      await turn()
      calls.fail(1, new Error('first'))
      expect(await first).toMatchObject({ message: 'first' })
    })

    it('throws the first alone when others fail in the same moment, in the order or by the time', async () => {
      for (const ordered of [true, false]) {
        const { map, calls } = openMap(new Numbers(), { ordered })
        const first = errorOf(map.next())
        await turn()
        const boom = new Error('boom')
        calls.fail(1, boom)
        calls.fail(2, new Error('second'))
        expect(await first).toBe(boom)
        expect(calls.cancelled).toEqual([3])
      }
    })

    it('throws at once where there is no order, having cancelled the others', async () => {
      const { map, calls } = openMap(new Numbers(), { ordered: false })
      const first = map.next()
      await turn()
      calls.finish(1, 'one')
      await first
      await turn()
      calls.finish(2, 'two')
      await turn()
      const boom = new Error('boom')
      calls.fail(3, boom)
      await turn()
      expect(await errorOf(map.next())).toBe(boom)
      expect(calls.waitingCount).toBe(0)
    })

    it('tells it when it has waited for the others, whose failures nobody wants to know', async () => {
      const { map, calls } = openMap(new Numbers())
      const unwound = Promise.withResolvers<void>()
      calls.unwind = () => unwound.promise
      let told = false
      const first = errorOf(map.next()).finally(() => (told = true))
      await turn()
      const boom = new Error('boom')
      calls.fail(1, boom)
      for (let turns = 0; turns < 3; turns += 1) await turn()
      expect(told).toBe(false)
      unwound.reject(new Error('another one'))
      expect(await first).toBe(boom)
    })

    it('tells with it what could not be cleaned up: the input, and work that does not end', async () => {
      const cleanUp = new Error('the clean-up failed')
      const numbers = new Numbers()
      const { map, calls } = openMap<number>({
        [Symbol.iterator]: () => ({
          next: () => numbers.next(),
          return: () => {
            throw cleanUp
          },
        }),
      })
      const tooSlow = new ActorTooSlowError(self, 'work', 100)
      calls.unwind = () => Promise.reject(tooSlow)
      const first = map.next()
      await turn()
      const boom = new Error('boom')
      calls.fail(2, boom)
      await turn()
      calls.finish(1, 'one')
      await first
      expect(await errorOf(map.next())).toMatchObject({ errors: [boom, tooSlow, cleanUp] })
    })
  })

  describe('when its input fails', () => {
    async function* failing(error: Error): AsyncGenerator<number> {
      yield 1
      throw error
    }

    it('throws its error after the results before it', async () => {
      const boom = new Error('boom')
      const { map, calls } = openMap(failing(boom))
      const first = map.next()
      await turn()
      calls.finish(1, 'one')
      expect(await first).toEqual({ done: false, value: 'one' })
      expect(await errorOf(map.next())).toBe(boom)
    })

    it('throws it at once where there is no order', async () => {
      const boom = new Error('boom')
      const { map, calls } = openMap(failing(boom), { ordered: false })
      expect(await errorOf(map.next())).toBe(boom)
      expect(calls.cancelled).toEqual([1])
    })

    it('throws what a synchronous one throws, or one that cannot be opened', async () => {
      const boom = new Error('boom')
      function* numbers() {
        yield 1
        throw boom
      }
      const { map, calls } = openMap(numbers())
      const first = map.next()
      calls.finish(1, 'one')
      await first
      expect(await errorOf(map.next())).toBe(boom)
      const broken = {
        [Symbol.iterator]() {
          throw boom
        },
      }
      expect(await errorOf(openMap(broken as unknown as number[]).map.next())).toBe(boom)
    })
  })

  describe('when it is left', () => {
    it('cancels what is under way, closes its input, and waits for both', async () => {
      const source = new ManualSource<number>()
      const closing = Promise.withResolvers<void>()
      source.closing = closing.promise
      const { map, calls } = openMap(source, { concurrency: 2 })
      const unwound = Promise.withResolvers<void>()
      calls.unwind = () => unwound.promise
      const first = map.next()
      await turn()
      source.give(1)
      await turn()
      const order: string[] = []
      const left = map.return().then(() => order.push('left'))
      void first.then(({ done }) => order.push(done ? 'end' : 'item'))
      await turn()
      expect({ order, closed: source.closedCount }).toEqual({ order: [], closed: 1 })
      closing.resolve()
      await turn()
      expect(order).toEqual([])
      unwound.resolve()
      await left
      expect(order.toSorted()).toEqual(['end', 'left'])
      expect(calls.cancelled).toEqual([1])
      expect(await map.next()).toEqual({ done: true, value: undefined })
    })

    it('opens nothing if that is before its first item', async () => {
      const source = new ManualSource<number>()
      const { map } = openMap(source)
      await map.return()
      expect(await map.next()).toEqual({ done: true, value: undefined })
      expect({ opened: source.openedCount, closed: source.closedCount }).toEqual({ opened: 0, closed: 0 })
    })

    it('throws what fails when its input is closed', async () => {
      const cleanUp = new Error('the clean-up failed')
      const numbers = new Numbers()
      const { map, calls } = openMap<number>({
        [Symbol.iterator]: () => ({
          next: () => numbers.next(),
          return: () => {
            throw cleanUp
          },
        }),
      })
      const first = map.next()
      calls.finish(1, 'one')
      await first
      expect(await errorOf(map.return())).toBe(cleanUp)
    })

    it('interrupts an input that waits for its next item, in a wait that can be', async () => {
      const order: string[] = []
      const { map, calls } = openMap(interruptibly())
      async function* interruptibly(): AsyncGenerator<number> {
        try {
          yield 1
          await calls.call(1000)
        } finally {
          order.push('closed')
        }
      }
      const first = map.next()
      await turn()
      calls.finish(1, 'one')
      await first
      await turn()
      await map.return()
      expect({ order, cancelled: calls.cancelled }).toEqual({ order: ['closed'], cancelled: [1000] })
    })

    it('waits no longer than its grace for one that cannot be, and says so', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      async function* never(): AsyncGenerator<number> {
        await new Promise(() => undefined)
        yield 1
      }
      const { map } = openMap(never())
      const first = map.next()
      const left = errorOf(map.return())
      await vi.advanceTimersByTimeAsync(100)
      expect(await left).toMatchObject({ code: 'FLOW_ACTOR_TOO_SLOW', graceMs: 100 })
      expect(await first).toEqual({ done: true, value: undefined })
    })

    afterEach(() => {
      vi.useRealTimers()
    })
  })

  describe('when it is cancelled', () => {
    it('tells the consumer why, once what is under way has ended', async () => {
      const numbers = new Numbers()
      const { map, calls, scope } = openMap(numbers)
      const first = errorOf(map.next())
      await turn()
      const reason = new Error('enough')
      scope.cancel(reason)
      expect(await first).toBe(reason)
      expect({ cancelled: calls.cancelled, closed: numbers.closedCount }).toEqual({ cancelled: [1, 2, 3], closed: 1 })
    })

    it('is by the scope of a task that waits, too', async () => {
      const { map, calls } = openMap(new Numbers())
      const waiting = new Scope(undefined)
      const first = errorOf(runInScope(waiting, () => map.next()))
      await turn()
      const reason = new Error('enough')
      waiting.cancel(reason)
      expect(await first).toBe(reason)
      expect(calls.cancelled).toEqual([1, 2, 3])
    })

    it('reads nothing if it was before its first item', async () => {
      const source = new ManualSource<number>()
      const { map, scope } = openMap(source)
      const reason = new Error('enough')
      scope.cancel(reason)
      expect(await errorOf(map.next())).toBe(reason)
      expect(source.openedCount).toBe(0)
    })

    it('tells of a clean-up that fails instead', async () => {
      const { map, calls, scope } = openMap(new Numbers(1))
      const tooSlow = new ActorTooSlowError(self, 'work', 100)
      calls.unwind = () => Promise.reject(tooSlow)
      const first = errorOf(map.next())
      await turn()
      scope.cancel(new Error('enough'))
      expect(await first).toBe(tooSlow)
    })

    it('can be while its input reads, by the input itself', async () => {
      const reason = new Error('enough')
      const numbers = new Numbers()
      const cancelling = {
        [Symbol.iterator]: () => ({
          next: () => {
            if (numbers.read === 1) scope.cancel(reason)
            return numbers.next()
          },
          return: () => numbers.return(),
        }),
      }
      const { map, scope } = openMap<number>(cancelling)
      expect(await errorOf(map.next())).toBe(reason)
      expect(numbers.closedCount).toBe(1)
    })

    it('can be from outside, with an error of its own, whether or not anybody waits', async () => {
      const { map, calls } = openMap(new Numbers())
      const first = map.next()
      await turn()
      calls.finish(1, 'one')
      await first
      const broken = new Error('broken')
      await map.fail(broken)
      expect(calls.waitingCount).toBe(0)
      expect(await errorOf(map.next())).toBe(broken)
    })
  })
})
