import { describe, expect, it } from 'vitest'
import { fromWebStream, toWebStream } from '../../engine/index.ts'
import { collect, collectUntilError, sequenceOf } from '../operators/collect.ts'
import { ManualSource } from '../operators/manual-source.ts'
import { errorOf } from '../support/thrown.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('toWebStream', () => {
  it('gives the items as they are, and then ends', async () => {
    const items = [1, 'two', null, undefined]
    expect(await collect(toWebStream(sequenceOf(items)))).toEqual(items)
  })

  it('reads nothing ahead of its reader', async () => {
    const source = new ManualSource<number>()
    const reader = toWebStream(source).getReader()
    await turn()
    expect(source.askedCount).toBe(0)
    const first = reader.read()
    await turn()
    source.give(1)
    expect(await first).toEqual({ done: false, value: 1 })
    await turn()
    expect(source.askedCount).toBe(1)
    await reader.cancel()
  })

  it('takes whole batches from a sequence that has them, and skips empty ones', async () => {
    const batched = {
      [Symbol.asyncIterator]: () => {
        throw new Error('read item by item')
      },
      batches: () => sequenceOf<readonly number[]>([[1, 2], [], [3]]),
    }
    expect(await collect(toWebStream<number>(batched))).toEqual([1, 2, 3])
  })

  it('leaves the sequence when it is cancelled, and that waits for it', async () => {
    const source = new ManualSource<number>()
    const closing = Promise.withResolvers<void>()
    source.closing = closing.promise
    const reader = toWebStream(source).getReader()
    const first = reader.read()
    await turn()
    let cancelled = false
    const cancelling = reader.cancel().then(() => (cancelled = true))
    expect(await first).toEqual({ done: true, value: undefined })
    await turn()
    expect({ cancelled, closed: source.closedCount }).toEqual({ cancelled: false, closed: 1 })
    closing.resolve()
    await cancelling
  })

  it('leaves it as well when nobody has read anything, and by a break out of a loop', async () => {
    const source = new ManualSource<number>()
    await toWebStream(source).cancel()
    expect({ asked: source.askedCount, closed: source.closedCount }).toEqual({ asked: 0, closed: 1 })
    let left = false
    const numbers = async function* () {
      try {
        for (let n = 0; ; n += 1) yield n
      } finally {
        await turn()
        left = true
      }
    }
    for await (const n of toWebStream(numbers())) if (n === 3) break
    expect(left).toBe(true)
  })

  it('rejects the cancel with what fails in the clean-up', async () => {
    const source = new ManualSource<number>()
    const cleanUp = new Error('the clean-up failed')
    source.closing = Promise.reject(cleanUp)
    expect(await errorOf(toWebStream(source).cancel())).toBe(cleanUp)
  })

  it('passes on an error of the sequence unchanged, after the items before it', async () => {
    const boom = new Error('boom')
    const { items, error } = await collectUntilError(toWebStream(sequenceOf([1, 2], boom)))
    expect(items).toEqual([1, 2])
    expect(error).toBe(boom)
  })

  it('is the body of a response', async () => {
    const text = new TextEncoder()
    const body = toWebStream(sequenceOf([text.encode('grü'), text.encode('ße')]))
    expect(await new Response(body as ConstructorParameters<typeof Response>[0]).text()).toBe('grüße')
  })
})

describe('fromWebStream', () => {
  it('gives what the stream gives, to its end, and gives the stream free', async () => {
    const stream = toWebStream(sequenceOf([1, 2, 3]))
    expect(await collect(fromWebStream(stream))).toEqual([1, 2, 3])
    expect(stream.locked).toBe(false)
  })

  it('reads the stream only when it is read itself', async () => {
    const source = new ManualSource<number>()
    const items = fromWebStream(toWebStream(source))
    await turn()
    expect(source.askedCount).toBe(0)
    const first = items.next()
    await turn()
    source.give(1)
    expect(await first).toEqual({ done: false, value: 1 })
    await turn()
    expect(source.askedCount).toBe(1)
    await items.return?.()
    expect(source.closedCount).toBe(1)
  })

  it('cancels the stream when it is left, and waits for that; who waits for an item finds the end', async () => {
    const cancelled = Promise.withResolvers<void>()
    const stream = new ReadableStream<number>({ cancel: () => cancelled.promise })
    const items = fromWebStream(stream)
    const waiting = items.next()
    let left = false
    const leaving = items.return?.().then(() => (left = true))
    expect(await waiting).toEqual({ done: true, value: undefined })
    await turn()
    expect(left).toBe(false)
    cancelled.resolve()
    await leaving
    expect(stream.locked).toBe(false)
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('cancels one of which nothing was read', async () => {
    const source = new ManualSource<number>()
    await fromWebStream(toWebStream(source)).return?.()
    expect(source.closedCount).toBe(1)
  })

  it('throws an error of the stream unchanged', async () => {
    const boom = new Error('boom')
    const stream = toWebStream(sequenceOf([1], boom))
    const { items, error } = await collectUntilError(fromWebStream(stream))
    expect(items).toEqual([1])
    expect(error).toBe(boom)
  })

  it('throws what fails in the cancelling, but not a failure of the stream that nobody has asked for', async () => {
    const boom = new Error('boom')
    const stream = new ReadableStream<number>({ cancel: () => Promise.reject(boom) })
    expect(await errorOf(fromWebStream(stream).return?.() ?? Promise.resolve())).toBe(boom)
    let fail = (_error: Error): void => undefined
    const failing = new ReadableStream<number>({
      start(controller) {
        controller.enqueue(1)
        fail = (error) => controller.error(error)
      },
    })
    const items = fromWebStream(failing)
    await items.next()
    fail(boom)
    expect(await items.return?.()).toEqual({ done: true, value: undefined })
  })

  it('rejects when somebody else reads the stream', async () => {
    const stream = toWebStream(sequenceOf([1]))
    stream.getReader()
    expect(await errorOf(fromWebStream(stream).next())).toBeInstanceOf(TypeError)
  })
})
