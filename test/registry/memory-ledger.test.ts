import { describe, expect, it } from 'vitest'
import { MemoryLedger } from '../../registry/memory-ledger.ts'
import { isLater, readLedger } from '../../registry/read-ledger.ts'

const eventOf = (n: number) => ({ kind: 'left', actor: { name: `a-${n}`, id: `${n}` } }) as const

describe('MemoryLedger', () => {
  it('keeps the newest, in order, and not more than it may', async () => {
    const ledger = new MemoryLedger()
    for (let n = 0; n < 25_000; n += 1) ledger.append(eventOf(n))
    const ids: number[] = []
    for await (const entry of readLedger(ledger)) ids.push(Number(entry.actor.id))
    expect(ids.length).toBeGreaterThanOrEqual(10_000)
    expect(ids.length).toBeLessThanOrEqual(11_000)
    expect(ids).toEqual(Array.from(ids, (_, index) => 25_000 - ids.length + index))
  })

  it('lets a reader that lags read on where it was', async () => {
    const ledger = new MemoryLedger()
    ledger.append(eventOf(0))
    const entries = readLedger(ledger, { follow: true })
    const next = async () => Number((await entries.next()).value?.actor.id)
    expect(await next()).toBe(0)
    const waiting = next()
    for (let n = 1; n < 5_000; n += 1) ledger.append(eventOf(n))
    expect(await waiting).toBe(1)
    for (let n = 2; n < 5_000; n += 1) expect(await next()).toBe(n)
    await entries.return(undefined)
  })
})

describe('A reader of a ledger', () => {
  it.each([{ follow: true }, {}])(
    'that is so slow that entries are removed before it comes to them is told (%o)',
    async (options) => {
      const ledger = new MemoryLedger()
      ledger.append(eventOf(0))
      ledger.append(eventOf(1))
      const entries = readLedger(ledger, { ...options, actor: 'a-*' })
      await entries.next()
      for (let n = 2; n < 25_000; n += 1) ledger.append(eventOf(n))
      const lastSeen = (await entries.next()).value
      expect(lastSeen?.actor.id).toBe('1')
      const gap = (await entries.next()).value
      expect(gap).toMatchObject({ kind: 'gap', missedCount: undefined, sinceMs: lastSeen?.atMs })
      const next = (await entries.next()).value
      expect([gap?.position, gap?.atMs]).toEqual([next?.position, next?.atMs])
      let last = Number(next?.actor.id)
      expect(last).toBeGreaterThan(10_000)
      while (last < 24_999) {
        const id = Number((await entries.next()).value?.actor.id)
        expect(id).toBe(last + 1)
        last = id
      }
      await entries.return(undefined)
    },
  )
})

describe('The positions of a ledger', () => {
  it.each([
    ['2-0', '1-5', true],
    ['1-10', '1-9', true],
    ['1-9', '1-10', false],
    ['1-1', '1-1', false],
    ['10-0', '9-0', true],
  ])('%s later than %s: %s', (position, than, is) => {
    expect(isLater(position, than)).toBe(is)
  })
})
