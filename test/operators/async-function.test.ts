import { describe, expect, it } from 'vitest'
import { isAsyncFunction } from '../../operators/index.ts'

describe('isAsyncFunction', () => {
  it('knows functions written as async', () => {
    const asyncFunction = async (): Promise<void> => {}
    expect(isAsyncFunction(asyncFunction)).toBe(true)
    expect(isAsyncFunction(asyncFunction.bind(null))).toBe(true)
    expect(isAsyncFunction(async function* () {})).toBe(true)
  })

  it('takes no other function for one, even if it gives a promise', () => {
    expect(isAsyncFunction(() => Promise.resolve())).toBe(false)
    expect(isAsyncFunction(function* () {})).toBe(false)
    expect(isAsyncFunction(class {} as unknown as () => void)).toBe(false)
  })
})
