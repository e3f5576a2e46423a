import { describe, expect, it } from 'vitest'
import { indexedBytes } from '../../engine/decoded-size.ts'

describe('The room for keys that are indexes', () => {
  const range = (start: number, end: number, step = 1) =>
    Array.from({ length: Math.ceil((end - start) / step) }, (_, i) => start + i * step)

  it('is none without any', () => {
    expect(indexedBytes([])).toBe(0)
  })

  it('is that of a list up to the greatest of them, and half as much again', () => {
    expect(indexedBytes([0])).toBe(17 * 8)
    expect(indexedBytes([1023])).toBe(1552 * 8)
    expect(indexedBytes([1023, 5, 1023])).toBe(1552 * 8)
    expect(indexedBytes([1023, 2575])).toBe(3880 * 8)
  })

  it('is that of a table where one lies far beyond the others', () => {
    expect(indexedBytes([1024])).toBe(146)
    expect(indexedBytes([1023, 2576])).toBe(146)
    expect(indexedBytes([2 ** 32 - 2])).toBe(146)
    expect(indexedBytes(range(1_000_000, 2_000_000, 10_000))).toBe(50 + 256 * 24)
  })

  it('is that of the list that a table becomes again once there is enough in it', () => {
    expect(indexedBytes([...range(1024, 1110), 1535, 1536, 3321])).toBeGreaterThanOrEqual(4_998 * 8)
  })

  it('is never more than that of a list of 5000, or some hundred bytes for each', () => {
    expect(indexedBytes([1023, 2575, 4903])).toBe(146)
    expect(indexedBytes(range(0, 20_000))).toBeLessThan(20_000 * 16)
    expect(indexedBytes(range(0, 100_000, 20))).toBeLessThan(5_000 * 300)
  })
})
