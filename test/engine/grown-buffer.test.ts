import { describe, expect, it } from 'vitest'
import { grownBuffer } from '../../engine/grown-buffer.ts'

describe('A grown buffer', () => {
  it.each([
    [4, 16],
    [8, 16],
    [9, 32],
    [100, 128],
  ])('has room for %d more bytes after those that are used, and is %d long', (moreCount, length) => {
    const bytes = Buffer.from('used....')
    const grown = grownBuffer(bytes, 8, moreCount)
    expect(grown).toHaveLength(length)
    expect(grown.subarray(0, 8)).toEqual(bytes)
  })

  it('shares nothing with the one before', () => {
    const bytes = Buffer.from('used....')
    const grown = grownBuffer(bytes, 8, 8)
    grown.fill(0)
    expect(bytes.toString()).toBe('used....')
    bytes.fill(1)
    expect(grown).toEqual(Buffer.alloc(16))
  })
})
