import { describe, expect, it } from 'vitest'
import { merge } from '../../operators/index.ts'
import { collect, collectUntilError, sequenceOf } from './collect.ts'
import { ManualSource } from './manual-source.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('merge', () => {
  it('ends at once when it has no inputs', async () => {
    expect(await collect(merge())).toEqual([])
  })

  it('hands out ready inputs in turn', async () => {
    const merged = merge(sequenceOf(['a1', 'a2', 'a3']), sequenceOf(['b1', 'b2', 'b3']), sequenceOf(['c1']))
    expect(await collect(merged)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'b3'])
  })

  it('opens nothing before its first item is asked for', async () => {
    const source = new ManualSource<number>()
    const iterator = merge(source)[Symbol.asyncIterator]()
    expect(source.openedCount).toBe(0)
    void iterator.next()
    expect(source.askedCount).toBe(1)
    await iterator.return?.()
  })

  it('hands out items in the order in which they arrive', async () => {
    const [a, b] = [new ManualSource<string>(), new ManualSource<string>()]
    const iterator = merge(a, b)[Symbol.asyncIterator]()
    const first = iterator.next()
    b.give('b')
    await settle()
    a.give('a')
    expect(await first).toEqual({ done: false, value: 'b' })
    expect(await iterator.next()).toEqual({ done: false, value: 'a' })
    await iterator.return?.()
  })

  it('holds no more than one item of each input', async () => {
    const [a, b] = [new ManualSource<string>(), new ManualSource<string>()]
    const iterator = merge(a, b)[Symbol.asyncIterator]()
    const first = iterator.next()
    a.give('a1')
    b.give('b1')
    await first
    await settle()
    expect([a.askedCount, b.askedCount]).toEqual([1, 1])
    await iterator.next()
    expect([a.askedCount, b.askedCount]).toEqual([2, 1])
    await iterator.return?.()
  })

  it('answers calls made at the same time in their order', async () => {
    const iterator = merge(sequenceOf([1, 2, 3]))[Symbol.asyncIterator]()
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
    expect(results.map((result) => result.value)).toEqual([1, 2, 3, undefined])
  })

  it('lets the event loop turn, so that an input which is always ready starves none that waits for it', async () => {
    async function* always() {
      for (;;) yield 'ready'
    }
    async function* later() {
      await settle()
      yield 'late'
    }
    const seen = new Set<string>()
    for await (const item of merge(always(), later())) {
      seen.add(item)
      if (item === 'late') break
    }
    expect(seen).toEqual(new Set(['ready', 'late']))
  })

  it('throws an error after the items that arrived before it, once the other inputs are closed', async () => {
    const [a, b, c] = [new ManualSource<string>(), new ManualSource<string>(), new ManualSource<string>()]
    let release = (): void => {}
    c.closing = new Promise((resolve) => {
      release = resolve
    })
    const iterator = merge(a, b, c)[Symbol.asyncIterator]()
    const first = iterator.next()
    a.give('a1')
    await settle()
    b.fail(new Error('b broke'))
    expect(await first).toEqual({ done: false, value: 'a1' })
    let isSettled = false
    const second = iterator.next().finally(() => {
      isSettled = true
    })
    second.catch(() => {})
    await settle()
    expect(isSettled).toBe(false)
    release()
    await expect(second).rejects.toThrow('b broke')
    expect([a.closedCount, b.closedCount, c.closedCount]).toEqual([1, 0, 1])
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('reports the error of an input rather than a failure to close another', async () => {
    const stubborn = new ManualSource<number>()
    stubborn.closing = Promise.reject(new Error('will not close'))
    stubborn.closing.catch(() => {})
    const { error } = await collectUntilError(merge(sequenceOf([], new Error('first')), stubborn))
    expect(error).toEqual(new Error('first'))
  })

  it('closes all inputs when it is left early, those that are being asked too', async () => {
    const [a, b] = [new ManualSource<string>(), new ManualSource<string>()]
    const iterator = merge(a, b)[Symbol.asyncIterator]()
    const first = iterator.next()
    a.give('a1')
    await first
    const waiting = iterator.next()
    await iterator.return?.()
    expect([a.closedCount, b.closedCount]).toEqual([1, 1])
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('closes what it has opened when an input cannot be opened', async () => {
    const a = new ManualSource<string>()
    const broken: AsyncIterable<string> = {
      [Symbol.asyncIterator]() {
        throw new Error('cannot open')
      },
    }
    await expect(collect(merge(a, broken))).rejects.toThrow('cannot open')
    expect(a.closedCount).toBe(1)
  })
})
