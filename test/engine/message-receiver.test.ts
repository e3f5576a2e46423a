import { afterEach, describe, expect, it, vi } from 'vitest'
import { MessageReceiver, type ReceiverInlet } from '../../engine/message-receiver.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { stepSteadyClock } from '../support/steady-clock.ts'
import { errorOf } from '../support/thrown.ts'
import { hop } from './hop.ts'

const reason = new Error('enough')

function open(window = { count: 8, bytes: 1000 }) {
  const grants: [number, number][] = []
  const times: ('next' | 'now')[] = []
  const interrupted = vi.fn<(reason: Error) => Promise<void>>(async () => undefined)
  const inlet: ReceiverInlet = {
    grant(count, bytes, when) {
      grants.push([count, bytes])
      times.push(when)
    },
    interrupted,
  }
  return { grants, times, interrupted, receiver: new MessageReceiver<unknown>(inlet, window, hop, undefined) }
}

const item = (value: unknown) => ({ value, done: false })
const end = { value: undefined, done: true }

async function rest(receiver: MessageReceiver<unknown>): Promise<unknown[]> {
  const values: unknown[] = []
  for (let next = await receiver.next(); next.done !== true; next = await receiver.next()) values.push(next.value)
  return values
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('MessageReceiver', () => {
  it('hands out the items of several batches in order', async () => {
    const { receiver } = open()
    receiver.push(['a', 'b'], 2, undefined)
    receiver.push(['c'], 1, undefined)
    receiver.finish(undefined)
    expect(await rest(receiver)).toEqual(['a', 'b', 'c'])
    expect(receiver.receivedCount).toBe(3)
  })

  it('waits for items', async () => {
    const { receiver } = open()
    const next = receiver.next()
    receiver.push(['a'], 1, undefined)
    expect(await next).toEqual(item('a'))
  })

  it('serves several calls that wait in their order, and their end too', async () => {
    const { receiver } = open()
    const calls = [receiver.next(), receiver.next(), receiver.next(), receiver.next()]
    receiver.push(['a', 'b'], 2, undefined)
    receiver.push(['c'], 1, undefined)
    receiver.finish(undefined)
    expect(await Promise.all(calls)).toEqual([item('a'), item('b'), item('c'), end])
  })

  it('hands out what arrived before the error, and the error once', async () => {
    const { receiver } = open()
    receiver.push(['a', 'b'], 2, undefined)
    receiver.finish(reason)
    expect(receiver.ended).toBe(true)
    expect(receiver.errorSeen).toBe(false)
    expect(await receiver.next()).toEqual(item('a'))
    expect(await receiver.next()).toEqual(item('b'))
    expect(await errorOf(receiver.next())).toBe(reason)
    expect(receiver.errorSeen).toBe(true)
    expect(await receiver.next()).toEqual(end)
  })

  it('gives the error to the first of those who wait', async () => {
    const { receiver } = open()
    const [first, second] = [errorOf(receiver.next()), receiver.next()]
    receiver.finish(reason)
    expect(await first).toBe(reason)
    expect(await second).toEqual(end)
  })

  it('takes nothing in after the end', async () => {
    const { receiver } = open()
    receiver.finish(undefined)
    expect(receiver.push(['late'], 1, undefined)).toBe(true)
    receiver.finish(reason)
    expect(await receiver.next()).toEqual(end)
  })

  it('hands out batches as they arrived, and the rest of a begun one', async () => {
    const { receiver } = open()
    const first = ['a', 'b', 'c']
    receiver.push(first, 3, undefined)
    receiver.push(['d'], 1, undefined)
    expect(await receiver.next()).toEqual(item('a'))
    expect(await receiver.nextBatch()).toEqual(item(['b', 'c']))
    expect(await receiver.nextBatch()).toEqual(item(['d']))
    const waiting = receiver.nextBatch()
    receiver.push(['e', 'f'], 2, undefined)
    expect(await waiting).toEqual(item(['e', 'f']))
    receiver.finish(undefined)
    expect(await receiver.nextBatch()).toEqual(end)
  })

  it('drops what is buffered when it is discarded', async () => {
    const { receiver } = open()
    receiver.push(['a'], 1, undefined)
    receiver.discard()
    expect(await receiver.next()).toEqual(end)
    const other = open().receiver
    other.push(['a'], 1, undefined)
    other.discard(reason)
    expect(await errorOf(other.next())).toBe(reason)
  })

  it('ends those who wait when it is discarded', async () => {
    const { receiver } = open()
    const waiting = receiver.next()
    receiver.discard()
    expect(await waiting).toEqual(end)
  })
})

describe('The credit of a MessageReceiver', () => {
  it('is granted again when half of the window is consumed', async () => {
    const { receiver, grants } = open({ count: 4, bytes: 1000 })
    receiver.push(['a'], 1, undefined)
    receiver.push(['b'], 1, undefined)
    receiver.push(['c'], 1, undefined)
    await receiver.next()
    await receiver.next()
    expect(grants).toEqual([])
    await receiver.next()
    expect(grants).toEqual([[6, 1002]])
  })

  it('is granted again for what was consumed before the wait for more', async () => {
    const { receiver, grants } = open({ count: 2, bytes: 1000 })
    receiver.push(['a', 'b'], 2, undefined)
    await receiver.next()
    await receiver.next()
    expect(grants).toEqual([])
    const waiting = receiver.next()
    expect(grants).toEqual([[4, 1002]])
    receiver.push(['c'], 1, undefined)
    expect(await waiting).toEqual(item('c'))
  })

  it('is granted at once when it is for 512 items or more, and with what else is said when it is for fewer', async () => {
    const { receiver, grants, times } = open({ count: 4096, bytes: 1000 })
    receiver.push(new Array(512).fill('a'), 1, undefined)
    receiver.push(new Array(511).fill('b'), 500, undefined)
    for (let i = 0; i < 513; i += 1) await receiver.next()
    expect(grants).toEqual([[4096 + 512, 1001]])
    for (let i = 0; i < 510; i += 1) await receiver.next()
    void receiver.nextBatch()
    expect(grants.slice(1)).toEqual([[4096 + 1023, 1501]])
    expect(times).toEqual(['now', 'next'])
  })

  it('may end the stream while it is written, and what has arrived is still handed out once, in order', async () => {
    stepSteadyClock(3)
    const receiver: MessageReceiver<unknown> = new MessageReceiver<unknown>(
      { grant: () => receiver.finish(reason), interrupted: async () => undefined },
      { count: 8, bytes: 1000 },
      hop,
      undefined,
    )
    const firsts = [receiver.next(), receiver.next()]
    for (const [place, items] of [['a', 'b', 'c', 'd'], ['e', 'f'], ['g']].entries())
      receiver.push(items, place, undefined)
    // The loop is to have its turn first, for which these wait.
    const waiting = [receiver.nextBatch(), receiver.next(), receiver.next(), receiver.nextBatch()]
    const values = (await Promise.all([...firsts, ...waiting])).map(({ value }) => value)
    expect(values).toEqual(['a', 'b', ['c', 'd'], 'e', 'f', ['g']])
    expect(await errorOf(receiver.next())).toBe(reason)
    expect(receiver.status.waitingCount).toBe(0)
  })

  it('is not granted to a stream that has ended', async () => {
    const { receiver, grants } = open({ count: 2, bytes: 1000 })
    receiver.push(['a', 'b'], 2, undefined)
    receiver.finish(undefined)
    await rest(receiver)
    expect(grants).toEqual([])
  })

  it('refuses a batch for which there is none', () => {
    const { receiver } = open({ count: 2, bytes: 1000 })
    expect(receiver.push(['a', 'b'], 2, undefined)).toBe(true)
    expect(receiver.push(['c'], 1, undefined)).toBe(false)
    expect(receiver.receivedCount).toBe(2)
  })
})

describe('The cancellation of a task that receives', () => {
  it('ends its wait, after the context had its say', async () => {
    const { receiver, interrupted } = open()
    const left = Promise.withResolvers<void>()
    interrupted.mockReturnValue(left.promise)
    const scope = new Scope(undefined)
    const settled = vi.fn<() => void>()
    const waiting = errorOf(runInScope(scope, () => receiver.next())).then((error) => {
      settled()
      return error
    })
    scope.cancel(reason)
    await new Promise((resolve) => setImmediate(resolve))
    expect(interrupted).toHaveBeenCalledExactlyOnceWith(reason)
    expect(settled).not.toHaveBeenCalled()
    left.resolve()
    expect(await waiting).toBe(reason)
  })

  it('gives what the context fails with instead', async () => {
    const { receiver, interrupted } = open()
    const failure = new Error('its finally failed')
    interrupted.mockRejectedValue(failure)
    const scope = new Scope(undefined)
    const waiting = errorOf(runInScope(scope, () => receiver.next()))
    scope.cancel(reason)
    expect(await waiting).toBe(failure)
  })

  it('leaves the others who wait in their order', async () => {
    const { receiver } = open()
    const scope = new Scope(undefined)
    const first = errorOf(runInScope(scope, () => receiver.next()))
    const second = receiver.next()
    scope.cancel(reason)
    receiver.push(['a'], 1, undefined)
    expect(await first).toBe(reason)
    expect(await second).toEqual(item('a'))
  })

  it('is noticed by a task that never has to wait any more', async () => {
    const { receiver } = open()
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      const first = receiver.next()
      receiver.push(['a', 'b', 'c'], 3, undefined)
      expect(await first).toEqual(item('a'))
      scope.cancel(reason)
      expect(await errorOf(receiver.next())).toBe(reason)
      expect(await errorOf(receiver.nextBatch())).toBe(reason)
    })
    expect(await receiver.next()).toEqual(item('b'))
  })

  it('is noticed before a wait begins', async () => {
    const { receiver } = open()
    const scope = new Scope(undefined)
    scope.cancel(reason)
    expect(await errorOf(runInScope(scope, () => receiver.next()))).toBe(reason)
  })
})

describe('The draining of a MessageReceiver', () => {
  async function turnsWhile(body: () => Promise<unknown>): Promise<number> {
    let turns = 0
    let counting = true
    const count = () => {
      turns += 1
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    await body()
    counting = false
    return turns
  }

  const many = Array.from({ length: 400 }, (_, n) => n)

  it('lets the event loop turn about every two milliseconds', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(0.5)
    receiver.push(many, 400, undefined)
    receiver.finish(undefined)
    let values: unknown[] = []
    const turns = await turnsWhile(async () => {
      values = await rest(receiver)
    })
    expect(values).toEqual(many)
    expect(turns).toBeGreaterThan(3)
  })

  it('goes on without a turn while it is quick', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(0)
    receiver.push(many, 400, undefined)
    receiver.finish(undefined)
    expect(await turnsWhile(() => rest(receiver))).toBe(0)
  })

  it('looks at the clock at each item while these are slow', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(3)
    receiver.push(many.slice(0, 40), 40, undefined)
    receiver.finish(undefined)
    expect(await turnsWhile(() => rest(receiver))).toBeGreaterThan(20)
  })

  it('lets the event loop turn between batches', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(3)
    for (const value of many.slice(0, 10)) receiver.push([value], 1, undefined)
    const turns = await turnsWhile(async () => {
      for (const value of many.slice(0, 10)) expect(await receiver.nextBatch()).toEqual(item([value]))
    })
    expect(turns).toBeGreaterThan(5)
  })

  it('serves calls that come during the turn in their order', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(3)
    receiver.push(many.slice(0, 60), 60, undefined)
    const order: unknown[] = []
    const calls = many.slice(0, 60).map(async () => order.push((await receiver.next()).value))
    await Promise.all(calls)
    expect(order).toEqual(many.slice(0, 60))
  })

  it('is interrupted in the turn', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(3)
    receiver.push(many.slice(0, 40), 40, undefined)
    const scope = new Scope(undefined)
    setImmediate(() => scope.cancel(reason))
    expect(await errorOf(runInScope(scope, () => rest(receiver)))).toBe(reason)
  })

  it('can be discarded in the turn', async () => {
    const { receiver } = open({ count: 1000, bytes: 1000 })
    stepSteadyClock(3)
    receiver.push(many.slice(0, 40), 40, undefined)
    for (let n = 0; n < 15; n += 1) await receiver.next()
    const inTheTurn = receiver.next()
    receiver.discard()
    expect(await inTheTurn).toEqual(end)
  })
})
