import { describe, expect, it, vi } from 'vitest'
import { StreamLaggedError } from '../../engine/errors.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'
import { openSharedStream, settle, take, taskOf } from './shared-stream.ts'

const item = (value: unknown) => ({ value, done: false })
const end = { value: undefined, done: true }
const reason = new Error('enough')
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('The cancellation of a subscriber', () => {
  it('ends its wait, and takes nothing from the others', async () => {
    const { stream, left, arrive } = openSharedStream()
    const [a, b] = [taskOf(stream.subscribe()), taskOf(stream.subscribe())]
    const [first, second] = [errorOf(a.next()), b.next()]
    a.scope.cancel(reason)
    expect(await first).toBe(reason)
    arrive(2)
    expect([await second, await b.next()]).toEqual([item(0), item(1)])
    expect(left).toEqual([])
  })

  it('is noticed before a wait begins, and by one that never has to wait', async () => {
    const { stream, arrive } = openSharedStream()
    const [a] = [taskOf(stream.subscribe()), stream.subscribe()]
    arrive(5, 'batched')
    expect(await a.next()).toEqual(item(0))
    a.scope.cancel(reason)
    expect(await errorOf(a.next())).toBe(reason)
  })

  it('of all leaves the stream with their reason, and waits until that is done', async () => {
    const leaving = Promise.withResolvers<void>()
    const { stream, left } = openSharedStream({ leaving: leaving.promise })
    const tasks = [taskOf(stream.subscribe()), taskOf(stream.subscribe())]
    const settled = vi.fn<(error: unknown) => void>()
    const errors = tasks.map((task) => errorOf(task.next()))
    for (const error of errors) void error.then(settled)
    for (const { scope } of tasks) scope.cancel(reason)
    await settle()
    expect(left).toEqual(['enough'])
    expect(settled).toHaveBeenCalledTimes(1)
    leaving.resolve()
    expect(await Promise.all(errors)).toEqual([reason, reason])
    expect(await tasks[0]?.subscription.next()).toEqual(end)
  })

  it('of all leaves the stream while items are at hand too', async () => {
    const { stream, left, arrive } = openSharedStream()
    const a = taskOf(stream.subscribe())
    arrive(5, 'batched')
    await a.next()
    a.scope.cancel(reason)
    expect(await errorOf(a.next())).toBe(reason)
    expect(left).toHaveLength(1)
    expect(await stream.subscribe().next()).toEqual(end)
  })

  it('loses nothing for whoever asks again', async () => {
    const { stream, arrive } = openSharedStream()
    const [a, other] = [stream.subscribe(), stream.subscribe()]
    const scope = new Scope(undefined)
    const waiting = errorOf(runInScope(scope, () => a.next()))
    scope.cancel(reason)
    expect(await waiting).toBe(reason)
    arrive(4)
    expect(await take(other, 4)).toEqual([0, 1, 2, 3])
    expect(await take(a, 4)).toEqual([0, 1, 2, 3])
  })

  it('lets the others go on without one who held them, who misses what they drop', async () => {
    const { stream, arrive } = openSharedStream()
    const [fast, holder] = [stream.subscribe({ capacityCount: 2 }), stream.subscribe({ lag: 'hold' })]
    const scope = new Scope(undefined)
    const waiting = errorOf(runInScope(scope, () => holder.next()))
    scope.cancel(reason)
    await waiting
    arrive(5)
    expect(await take(fast, 5)).toEqual(upTo(5))
    expect(await errorOf(holder.next())).toBeInstanceOf(StreamLaggedError)
    expect(holder.missedCount).toBeGreaterThanOrEqual(3)
    expect(await holder.next()).toEqual(item(holder.missedCount))
  })

  it('does not end the wait of another task on the same subscription', async () => {
    const { stream, left, arrive } = openSharedStream()
    const subscription = stream.subscribe()
    const [a, b] = [taskOf(subscription), taskOf(subscription)]
    const [first, second] = [errorOf(a.next()), b.next()]
    a.scope.cancel(reason)
    expect(await first).toBe(reason)
    arrive(1)
    expect(await second).toEqual(item(0))
    expect(left).toEqual([])
  })
})

describe('Leaving a shared stream', () => {
  it('leaves it with the last subscriber, and waits for that', async () => {
    const leaving = Promise.withResolvers<void>()
    const { stream, left, arrive } = openSharedStream({ leaving: leaving.promise })
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    arrive(2)
    expect(await take(stream, 1)).toEqual([0])
    await a.return()
    await stream.return()
    expect(left).toEqual([])
    const settled = vi.fn<(result: unknown) => void>()
    const last = b.return()
    void last.then(settled)
    const again = a.return()
    void again.then(settled)
    await settle()
    expect(left).toHaveLength(1)
    expect(settled).not.toHaveBeenCalled()
    leaving.resolve()
    expect([await last, await again]).toEqual([end, end])
    expect([await a.next(), await b.next(), await stream.next()]).toEqual([end, end, end])
  })

  it('can be done by break, dispose and a throw, of items and of batches', async () => {
    const { stream, left, arrive } = openSharedStream()
    const [a, b, c] = [stream.subscribe(), stream.subscribe(), stream.subscribe()]
    arrive(3)
    for await (const _ of a) break
    for await (const _ of b.batches()) break
    {
      await using d = stream.subscribe()
      await d.next()
    }
    const loop = async () => {
      for await (const _ of c) throw reason
    }
    expect(left).toEqual([])
    expect(await errorOf(loop())).toBe(reason)
    expect(left).toHaveLength(1)
  })

  it('rejects the last one with what leaving it fails with, and nobody else', async () => {
    const leaving = Promise.withResolvers<void>()
    const { stream } = openSharedStream({ leaving: leaving.promise })
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    await a.return()
    const last = errorOf(b.return())
    leaving.reject(reason)
    expect(await last).toBe(reason)
    expect([await a.return(), await b.return()]).toEqual([end, end])
  })

  it('ends the waits of the one who leaves', async () => {
    const { stream } = openSharedStream()
    const [a, b] = [stream.subscribe(), stream.subscribe()]
    const waiting = [a.next(), a.next()]
    await a.return()
    expect(await Promise.all(waiting)).toEqual([end, end])
    expect(await b.return()).toEqual(end)
  })

  it('closes a one-way stream for all by close()', async () => {
    const { stream, left } = openSharedStream()
    const waiting = [stream.subscribe(), stream.subscribe()].map((each) => each.next())
    await stream.close()
    expect(await Promise.all(waiting)).toEqual([end, end])
    expect(left).toHaveLength(1)
  })
})

describe('A shared stream inside a context', () => {
  it('goes on after its last subscriber has left, without a loss', async () => {
    const { stream, arrive } = openSharedStream({ of: 'context' })
    const first = stream.subscribe()
    arrive(4, 'batched')
    expect(await take(first, 2)).toEqual([0, 1])
    await first.return()
    expect(await first.next()).toEqual(end)
    expect(await take(stream.subscribe(), 1)).toEqual([2])
    await stream.return()
    expect(await take(stream, 1)).toEqual([3])
  })

  it('has nobody ask for an item after its last subscriber has left', async () => {
    const { stream, receiver, arrive } = openSharedStream({ of: 'context' })
    const first = stream.subscribe()
    const waiting = first.next()
    await first.return()
    expect(await waiting).toEqual(end)
    receiver.finish(reason)
    await settle()
    // The error is still there for who comes next: it was not thrown to nobody.
    expect(receiver.errorSeen).toBe(false)
    expect(await errorOf(stream.next())).toBe(reason)
    arrive(1)
  })

  it('can be asked again by one who subscribes while it is being left', async () => {
    const { stream, arrive } = openSharedStream({ of: 'context' })
    const first = stream.subscribe()
    void first.next()
    void first.return()
    const second = stream.subscribe().next()
    arrive(1)
    expect(await second).toEqual(item(0))
  })

  it('can be polled under a limit', async () => {
    const { stream, arrive } = openSharedStream({ of: 'context' })
    const subscription = stream.subscribe()
    for (let n = 0; n < 3; n += 1) {
      const task = taskOf(subscription)
      const waiting = errorOf(task.next())
      task.scope.cancel(reason)
      expect(await waiting).toBe(reason)
      arrive(1)
      expect(await subscription.next()).toEqual(item(n))
    }
  })
})
