import { describe, expect, it } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
import { isGiven, takeGiven, transfer } from '../../engine/transfer.ts'

describe('transfer', () => {
  it('gives the same array back, to be put into a value', () => {
    const bytes = new Uint8Array(10)
    expect(transfer(bytes)).toBe(bytes)
    expect(bytes.byteLength).toBe(10)
  })

  it('lets the engine take the memory, once, as the kind of array that it was', () => {
    for (const bytes of [new Uint8Array(10).fill(7), Buffer.alloc(10, 7)]) {
      const taken = takeGiven(transfer(bytes))
      expect(bytes.byteLength).toBe(0)
      expect(Buffer.isBuffer(taken)).toBe(Buffer.isBuffer(bytes))
      expect([...taken]).toEqual(new Array(10).fill(7))
      expect(isGiven(taken)).toBe(true)
    }
  })

  it('leaves bytes alone that were not given away', () => {
    const bytes = new Uint8Array(10)
    expect(takeGiven(bytes)).toBe(bytes)
    expect(isGiven(bytes)).toBe(false)
  })

  it('leaves a part of a memory, and shared memory, to be copied', () => {
    for (const bytes of [
      new Uint8Array(10).subarray(1),
      new Uint8Array(new SharedArrayBuffer(10)),
      Buffer.from('text'),
    ]) {
      expect(transfer(bytes)).toBe(bytes)
      expect(isGiven(bytes)).toBe(false)
      expect(takeGiven(bytes)).toBe(bytes)
    }
  })

  it('refuses what is no byte array', () => {
    expect(() => transfer('text' as never)).toThrow(UsageError)
    expect(() => transfer(new Float64Array(2) as never)).toThrow(UsageError)
  })
})
