import { describe, expect, it } from 'vitest'
import { CreditBalance, CreditLedger, defaultWindow } from '../../engine/credit.ts'

describe('CreditBalance', () => {
  it('has nothing to spend before the first grant', () => {
    const balance = new CreditBalance()
    expect(balance.available).toBe(false)
    expect(balance.remainingCount).toBe(0)
  })

  it('spends items until the count that was granted', () => {
    const balance = new CreditBalance()
    balance.grant(2, 1000)
    balance.use(10)
    expect(balance.available).toBe(true)
    expect(balance.remainingCount).toBe(1)
    expect(balance.remainingBytes).toBe(990)
    balance.use(10)
    expect(balance.available).toBe(false)
    expect(balance.usedCount).toBe(2)
  })

  it('lets one item go over the bytes, and none after it', () => {
    const balance = new CreditBalance()
    balance.grant(10, 100)
    balance.use(99)
    expect(balance.available).toBe(true)
    balance.use(1_000_000)
    expect(balance.available).toBe(false)
    expect(balance.remainingCount).toBe(0)
    expect(balance.remainingBytes).toBe(-999_999)
  })

  it('counts grants from the beginning of the stream, so that one may come twice', () => {
    const balance = new CreditBalance()
    balance.grant(2, 100)
    balance.grant(2, 100)
    expect(balance.remainingCount).toBe(2)
  })

  it('is not changed by a grant that comes late', () => {
    const balance = new CreditBalance()
    balance.grant(8, 800)
    balance.grant(2, 100)
    expect(balance.remainingCount).toBe(8)
    balance.use(500)
    expect(balance.available).toBe(true)
  })

  it('takes the larger count and the larger bytes of grants that crossed', () => {
    const balance = new CreditBalance()
    balance.grant(8, 100)
    balance.grant(4, 800)
    balance.use(400)
    expect(balance.remainingCount).toBe(7)
  })
})

describe('CreditLedger', () => {
  it('has granted a window at the start', () => {
    const ledger = new CreditLedger(defaultWindow)
    expect([ledger.grantedCount, ledger.grantedBytes]).toEqual([4096, 1024 * 1024])
  })

  it('asks for a new grant when half of the items are used up', () => {
    const ledger = new CreditLedger({ count: 4, bytes: 1000 })
    ledger.receive(4, 4)
    expect(ledger.consume(1, 1)).toBe(false)
    expect(ledger.consume(1, 1)).toBe(true)
    ledger.regrant()
    expect([ledger.grantedCount, ledger.grantedBytes]).toEqual([6, 1002])
  })

  it('asks for a new grant when half of the bytes are used up', () => {
    const ledger = new CreditLedger({ count: 1000, bytes: 100 })
    ledger.receive(2, 80)
    expect(ledger.consume(1, 49)).toBe(false)
    expect(ledger.consume(1, 1)).toBe(true)
  })

  it('asks for a new grant when 512 items of a large window are used up', () => {
    const ledger = new CreditLedger({ count: 4096, bytes: 1000 })
    ledger.receive(600, 1)
    expect(ledger.consume(511, 0)).toBe(false)
    expect(ledger.consume(89, 0)).toBe(true)
    expect(ledger.regrant()).toBe(600)
    expect(ledger.grantedCount).toBe(4096 + 600)
  })

  it('counts what arrived and was not consumed', () => {
    const ledger = new CreditLedger({ count: 10, bytes: 1000 })
    ledger.receive(5, 50)
    ledger.consume(2, 20)
    expect(ledger.bufferedCount).toBe(3)
  })

  it('refuses more items than it granted', () => {
    const ledger = new CreditLedger({ count: 2, bytes: 1000 })
    expect(ledger.receive(2, 2)).toBe(true)
    expect(ledger.receive(1, 1)).toBe(false)
  })

  it('refuses anything once the bytes are used up, but not what goes over them', () => {
    const ledger = new CreditLedger({ count: 10, bytes: 100 })
    expect(ledger.receive(1, 5000)).toBe(true)
    expect(ledger.receive(1, 1)).toBe(false)
  })
})
