import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gracesBelow } from '../../engine/tree.ts'

describe('The graces that an actor gives its children, whatever its own,', () => {
  it('are over before its own cancelGraceMs is, and are never negative', () => {
    const graces = fc.record({
      cancelGraceMs: fc.integer({ min: 1, max: 10_000_000 }),
      terminateGraceMs: fc.nat(10_000_000),
    })
    fc.assert(
      fc.property(graces, (own) => {
        const { cancelGraceMs, terminateGraceMs } = gracesBelow(own)
        expect(cancelGraceMs).toBeGreaterThanOrEqual(0)
        expect(terminateGraceMs).toBeGreaterThanOrEqual(0)
        expect(cancelGraceMs + terminateGraceMs).toBeLessThan(own.cancelGraceMs)
      }),
    )
  })
})
