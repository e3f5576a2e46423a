import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { fromNodeReadable, toNodeReadable } from '../../engine/index.ts'
import { collect, collectUntilError, sequenceOf } from '../operators/collect.ts'
import { ManualSource } from '../operators/manual-source.ts'
import { errorOf } from '../support/thrown.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const closed = (stream: Readable) => new Promise<void>((resolve) => stream.once('close', () => resolve()))

/** A sequence with `batches()`, as portal streams are. */
class Batched implements AsyncIterable<number> {
  batchCount = 0
  left = false
  async *batches(): AsyncGenerator<readonly number[]> {
    try {
      for (; this.batchCount < 10; this.batchCount += 1) {
        yield Array.from({ length: 100 }, (_, n) => this.batchCount * 100 + n)
      }
    } finally {
      this.left = true
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    throw new Error('read item by item')
  }
}

describe('toNodeReadable', () => {
  it('gives the items as they are, and then ends', async () => {
    const items = [1, 'two', { three: 3 }, undefined, false]
    expect(await collect(toNodeReadable(sequenceOf(items)))).toEqual(items)
  })

  it('gives bytes where it is asked to', async () => {
    const stream = toNodeReadable(sequenceOf(['grü', '', new Uint8Array([0xc3, 0x9f]), 'e']), { objectMode: false })
    expect(Buffer.concat(await collect<Buffer>(stream)).toString()).toBe('grüße')
  })

  it('reads nothing before it is read itself, and no more than it has room for', async () => {
    const source = new ManualSource<number>()
    const stream = toNodeReadable(source, { highWaterMark: 2 })
    await turn()
    expect(source.askedCount).toBe(0)
    expect(stream.read()).toBe(null)
    for (const n of [1, 2]) {
      await turn()
      source.give(n)
    }
    await turn()
    expect({ asked: source.askedCount, held: stream.readableLength }).toEqual({ asked: 2, held: 2 })
    expect(stream.read()).toBe(1)
    await turn()
    expect(source.askedCount).toBe(3)
    stream.destroy()
    await closed(stream)
  })

  it('takes whole batches from a sequence that has them, a batch only when the one before is handed on', async () => {
    const source = new Batched()
    const stream = toNodeReadable(source)
    expect(await collect(stream)).toEqual(Array.from({ length: 1000 }, (_, n) => n))
    const other = new Batched()
    const left = toNodeReadable(other)
    const read: unknown[] = []
    for await (const item of left) {
      read.push(item)
      expect(other.batchCount).toBeLessThanOrEqual(Math.floor((read.length + 17) / 100))
      if (read.length === 250) break
    }
    if (!left.closed) await closed(left)
    expect({ left: other.left, last: read.at(-1) }).toEqual({ left: true, last: 249 })
  })

  it('leaves the sequence when it is destroyed, and closes after that', async () => {
    const source = new ManualSource<number>()
    const closing = Promise.withResolvers<void>()
    source.closing = closing.promise
    const stream = toNodeReadable(source)
    const events: string[] = []
    stream.on('close', () => events.push('close'))
    stream.on('end', () => events.push('end'))
    stream.on('error', () => events.push('error'))
    stream.resume()
    await turn()
    source.give(1)
    await turn()
    stream.destroy()
    await turn()
    expect({ events, closed: source.closedCount }).toEqual({ events: [], closed: 1 })
    closing.resolve()
    await closed(stream)
    expect(events).toEqual(['close'])
  })

  it('leaves it as well when nobody has read anything', async () => {
    const source = new ManualSource<number>()
    const stream = toNodeReadable(source)
    stream.destroy()
    await closed(stream)
    expect({ asked: source.askedCount, closed: source.closedCount }).toEqual({ asked: 0, closed: 1 })
  })

  it('passes on an error of the sequence unchanged, after the items before it, and does not close what has ended', async () => {
    const boom = new Error('boom')
    const source = new ManualSource<number>()
    const stream = toNodeReadable(source)
    const read = collectUntilError(stream)
    await turn()
    source.give(1)
    await turn()
    source.fail(boom)
    const { items, error } = await read
    expect(items).toEqual([1])
    expect(error).toBe(boom)
    expect(source.closedCount).toBe(0)
  })

  it('keeps an error until what came before it has been read, item by item or in pieces', async () => {
    const boom = new Error('boom')
    const items = Array.from({ length: 10 }, (_, n) => n)
    const slowly = toNodeReadable(sequenceOf(items, boom))
    const read: unknown[] = []
    const error = errorOf(
      (async () => {
        for await (const item of slowly) {
          read.push(item)
          await turn()
        }
      })(),
    )
    expect(await error).toBe(boom)
    expect(read).toEqual(items)
    const flowing: unknown[] = []
    const writer = new Writable({
      objectMode: true,
      write: (item, _encoding, callback) => {
        flowing.push(item)
        callback()
      },
    })
    expect(await errorOf(pipeline(toNodeReadable(sequenceOf(items, boom)), writer))).toBe(boom)
    expect(flowing).toEqual(items)
    const bytes = toNodeReadable(sequenceOf(['abc', 'de'], boom), { objectMode: false })
    const failed = new Promise((resolve) => bytes.once('error', resolve))
    bytes.read(0)
    await turn()
    expect(String(bytes.read(3))).toBe('abc')
    await turn()
    // Less is left than is asked for, and no more will come.
    bytes.read(3)
    expect(await failed).toBe(boom)
  })

  it('tells of a clean-up that fails, but not in place of what it was destroyed with', async () => {
    const cleanUp = new Error('the clean-up failed')
    const boom = new Error('boom')
    for (const first of [undefined, boom]) {
      const source = new ManualSource<number>()
      source.closing = Promise.reject(cleanUp)
      const stream = toNodeReadable(source)
      const errors: unknown[] = []
      stream.on('error', (error) => errors.push(error))
      stream.destroy(first)
      await closed(stream)
      expect(errors).toEqual([first ?? cleanUp])
      await source.closing.catch(() => undefined)
    }
  })

  it('refuses what a Node stream cannot carry', async () => {
    const source = new ManualSource<unknown>()
    const read = collectUntilError(toNodeReadable(source))
    await turn()
    source.give(null)
    expect((await read).error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('null') })
    expect(source.closedCount).toBe(1)
    const bytes = toNodeReadable(sequenceOf(['a', 7]), { objectMode: false })
    expect((await collectUntilError(bytes)).error).toMatchObject({ message: expect.stringContaining('not number') })
  })

  it('works in a pipeline, with a writer that is slow', async () => {
    const source = new ManualSource<number>()
    const written: number[] = []
    let asked = 0
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(item: number, _encoding, callback) {
        asked = Math.max(asked, source.askedCount - written.length)
        setImmediate(() => {
          written.push(item)
          callback()
        })
      },
    })
    const piped = pipeline(toNodeReadable(source, { highWaterMark: 2 }), slow)
    for (let n = 0; n < 50; n += 1) {
      while (!source.isAsked) await turn()
      source.give(n)
    }
    while (!source.isAsked) await turn()
    source.end()
    await piped
    expect(written).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(asked).toBeLessThanOrEqual(6)
  })

  it('is left when the rest of its pipeline fails, or the pipeline is aborted', async () => {
    const boom = new Error('boom')
    for (const end of ['fail', 'abort'] as const) {
      const source = new ManualSource<number>()
      const stream = toNodeReadable(source)
      const abort = new AbortController()
      const writer = new Writable({ objectMode: true, write: (_item, _encoding, callback) => callback(boom) })
      const piped = errorOf(pipeline(stream, writer, { signal: abort.signal }))
      await turn()
      if (end === 'fail') source.give(1)
      else abort.abort()
      expect(await piped).toMatchObject(end === 'fail' ? { message: 'boom' } : { name: 'AbortError' })
      if (!stream.closed) await closed(stream)
      expect(source.closedCount).toBe(1)
    }
  })
})

describe('fromNodeReadable', () => {
  it('gives what the stream gives, to its end', async () => {
    expect(await collect(fromNodeReadable<number>(Readable.from([1, 2, 3])))).toEqual([1, 2, 3])
  })

  it('reads the stream no further than its own buffer allows', async () => {
    let pushed = 0
    const stream = new Readable({
      objectMode: true,
      highWaterMark: 2,
      read() {
        pushed += 1
        this.push(pushed)
      },
    })
    const items = fromNodeReadable<number>(stream)
    await turn()
    expect(pushed).toBe(0)
    for (let n = 1; n <= 100; n += 1) {
      expect(await items.next()).toEqual({ done: false, value: n })
      await turn()
      expect(pushed).toBeLessThanOrEqual(n + 3)
    }
    await items.return?.()
  })

  it('destroys the stream when it is left, and waits for its close', async () => {
    const destroyed = Promise.withResolvers<void>()
    const stream = new Readable({
      objectMode: true,
      read() {},
      async destroy(error, callback) {
        await destroyed.promise
        callback(error)
      },
    })
    stream.push(1)
    const items = fromNodeReadable<number>(stream)
    await items.next()
    const order: string[] = []
    const waiting = items.next().then(({ done }) => order.push(done === true ? 'end' : 'item'))
    stream.once('close', () => order.push('close'))
    const left = items.return?.().then(() => order.push('left'))
    await turn()
    expect({ order, destroyed: stream.destroyed }).toEqual({ order: [], destroyed: true })
    destroyed.resolve()
    await Promise.all([left, waiting])
    expect(order[0]).toBe('close')
    expect(order.toSorted()).toEqual(['close', 'end', 'left'])
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('destroys it by a break out of the loop, too, and when nothing was read', async () => {
    const stream = Readable.from([1, 2, 3])
    for await (const _ of fromNodeReadable(stream)) break
    expect(stream.closed).toBe(true)
    const other = Readable.from([1, 2, 3])
    await fromNodeReadable(other).return?.()
    expect(other.closed).toBe(true)
  })

  it('throws an error of the stream unchanged, after what came before it', async () => {
    const boom = new Error('boom')
    const { items, error } = await collectUntilError(fromNodeReadable<number>(Readable.from(sequenceOf([1, 2], boom))))
    expect(items).toEqual([1, 2])
    expect(error).toBe(boom)
  })

  it('throws one that came before anything was asked for', async () => {
    const stream = new Readable({ read() {} })
    const items = fromNodeReadable(stream)
    const boom = new Error('boom')
    stream.destroy(boom)
    await turn()
    expect(await errorOf(items.next())).toBe(boom)
  })

  it('throws what fails when the stream is destroyed', async () => {
    const boom = new Error('boom')
    const stream = new Readable({ read() {}, destroy: (_error, callback) => callback(boom) })
    stream.push('a')
    const items = fromNodeReadable(stream)
    await items.next()
    expect(await errorOf(items.return?.() ?? Promise.resolve())).toBe(boom)
  })

  it('takes a stream that somebody else destroys for what it is: not the end', async () => {
    const stream = new Readable({ read() {} })
    const items = fromNodeReadable(stream)
    const waiting = errorOf(items.next())
    await turn()
    stream.destroy()
    expect(await waiting).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })

  it('gives back what toNodeReadable was given', async () => {
    const items = Array.from({ length: 1000 }, (_, n) => n)
    expect(await collect(fromNodeReadable(toNodeReadable(sequenceOf(items))))).toEqual(items)
  })
})
