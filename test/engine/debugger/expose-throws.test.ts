import { describe, expect, it } from 'vitest'
import { callExposed, exposeIterator } from '../../../engine/debugger/expose-throws.ts'
import { errorOf } from '../../support/thrown.ts'

async function* lines(): AsyncGenerator<string, string, string | undefined> {
  try {
    const said = yield 'first'
    yield `second ${said}`
    throw new RangeError('no third')
  } finally {
    ended += 1
  }
}
let ended = 0

describe('callExposed', () => {
  it('gives what the function returns, now or later', async () => {
    expect(await callExposed(() => 5)).toBe(5)
    expect(await callExposed(async () => 'later')).toBe('later')
  })

  it('throws what the function throws, at once or later', async () => {
    const error = new TypeError('no')
    const sync = () => {
      throw error
    }
    expect(await errorOf(callExposed(sync))).toBe(error)
    expect(await errorOf(callExposed(async () => sync()))).toBe(error)
  })
})

describe('exposeIterator', () => {
  it('gives the items and the error of an async source', async () => {
    const source = exposeIterator(lines())
    expect(await source.next()).toEqual({ value: 'first', done: false })
    expect((await errorOf(source.throw?.(new Error('stop')) ?? Promise.resolve())).message).toBe('stop')
    expect(await source.next()).toEqual({ value: undefined, done: true })
  })

  it('gives the items of a synchronous one', async () => {
    const source = exposeIterator([1, 2].values())
    const items = [await source.next(), await source.next(), await source.next()]
    expect(items.map(({ value }) => value as unknown)).toEqual([1, 2, undefined])
    expect(source.throw).toBeUndefined()
  })

  it('runs the finally of a source that is left', async () => {
    const source = exposeIterator(lines())
    await source.next()
    ended = 0
    expect(await source.return?.('left')).toEqual({ value: 'left', done: true })
    expect(ended).toBe(1)
  })
})
