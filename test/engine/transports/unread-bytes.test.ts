import { describe, expect, it } from 'vitest'
import { UnreadBytes, unreadWeight } from '../../../engine/transports/unread-bytes.ts'

const mebibyte = 1024 * 1024

describe('Unread bytes', () => {
  it('congest from 1 MiB until half of it is read', () => {
    const unread = new UnreadBytes()
    unread.add(mebibyte)
    expect(unread.congested).toBe(false)
    unread.add(1)
    expect(unread.congested).toBe(true)
    expect(unread.subtract(mebibyte / 2)).toBe(false)
    expect(unread.congested).toBe(true)
    expect(unread.subtract(1)).toBe(true)
    expect(unread.congested).toBe(false)
    expect(unread.subtract(mebibyte / 2)).toBe(false)
  })

  it('say each time once that congestion is over', () => {
    const unread = new UnreadBytes()
    for (let round = 0; round < 3; round += 1) {
      unread.add(2 * mebibyte)
      expect(Array.from({ length: 4 }, () => unread.subtract(mebibyte / 2))).toEqual([false, false, true, false])
    }
  })

  it('count many small chunks for more than their bytes', () => {
    expect(unreadWeight([new Uint8Array(1)])).toBeGreaterThan(100)
  })
})
