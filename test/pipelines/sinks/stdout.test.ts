import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { openDropSink, openStdoutSink } from '../../../pipelines/index.ts'
import { itemsOf, testStage } from '../stage.ts'

const jsonl = { format: 'jsonl', limit: 1000 } as const

describe('The stdout sink', () => {
  it('writes each item as a line of JSON', async () => {
    const stdout = new PassThrough()
    await openStdoutSink(itemsOf<unknown>({ a: 1 }, 'x'), jsonl, testStage({ stdout }))
    stdout.end()
    expect(await text(stdout)).toBe('{"a":1}\n"x"\n')
  })

  it('writes a batch at once where its input has batches', async () => {
    const writes: string[] = []
    const stdout = new Writable({ write: (chunk, _encoding, done) => (writes.push(String(chunk)), done()) })
    const input = {
      ...itemsOf<number>(),
      batches: () => itemsOf([1, 2], [3]),
      [Symbol.asyncIterator]: () => itemsOf<number>(),
    }
    await openStdoutSink(input, jsonl, testStage({ stdout }))
    expect(writes).toEqual(['1\n2\n', '3\n'])
  })

  it('writes a table at the end', async () => {
    const stdout = new PassThrough()
    await openStdoutSink(itemsOf({ a: 1 }, { a: 22 }), { format: 'table', limit: 1 }, testStage({ stdout }))
    stdout.end()
    expect(await text(stdout)).toBe('a\n-\n1\n… 1 more row\n')
  })

  it('takes no more when the reader has gone', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(gone) })
    let left = false
    const input = (async function* () {
      try {
        for (;;) yield 1
      } finally {
        left = true
      }
    })()
    await openStdoutSink(input, jsonl, testStage({ stdout }))
    expect(left).toBe(true)
  })

  it('fails with any other error of the stream', async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
    await expect(openStdoutSink(itemsOf(1), jsonl, testStage({ stdout }))).rejects.toThrow('disk full')
  })

  it('takes no further item while the stream is stalled, and can be cancelled then', async () => {
    const stalled = Promise.withResolvers<void>()
    const stdout = new Writable({ write: () => stalled.resolve() })
    const controller = new AbortController()
    let taken = 0
    const input = (async function* () {
      for (;;) yield taken++
    })()
    const writing = openStdoutSink(input, jsonl, testStage({ stdout, signal: controller.signal }))
    await stalled.promise
    controller.abort(new Error('enough'))
    await expect(writing).rejects.toThrow('enough')
    expect(taken).toBe(1)
  })
})

describe('The drop sink', () => {
  it('takes all input', async () => {
    let taken = 0
    const input = (async function* () {
      for (; taken < 10; taken++) yield taken
    })()
    await openDropSink(input, {}, testStage())
    expect(taken).toBe(10)
  })

  it('rejects when the stage is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(openDropSink(itemsOf(1), {}, testStage({ signal }))).rejects.toThrow('enough')
  })
})
