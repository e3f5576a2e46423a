import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RestartBudget } from '../../engine/supervision.ts'

const options = fc.record({
  maxRestarts: fc.nat(12),
  withinMs: fc.integer({ min: 1, max: 1_000 }),
  backoff: fc.record({
    initialMs: fc.nat(100),
    factor: fc.double({ min: 1, max: 1e200, noNaN: true }),
    maxMs: fc.nat(10_000),
  }),
})

/** Times that never go back, as those of a monotonic clock. */
const times = fc.array(fc.nat(300), { maxLength: 60 }).map((gaps) => {
  let at = 0
  return gaps.map((gap) => (at += gap))
})

describe('A budget of restarts, whatever its options and whenever it is asked,', () => {
  it('never allows more than maxRestarts within withinMs', () => {
    fc.assert(
      fc.property(options, times, (limits, asked) => {
        const budget = new RestartBudget(limits)
        const allowed = asked.filter((nowMs) => budget.take(nowMs) !== undefined)
        for (const at of allowed) {
          const together = allowed.filter((other) => other >= at && other - at < limits.withinMs)
          expect(together.length).toBeLessThanOrEqual(limits.maxRestarts)
        }
      }),
    )
  })

  it('refuses only when so many were allowed within the time before', () => {
    fc.assert(
      fc.property(options, times, (limits, asked) => {
        const budget = new RestartBudget(limits)
        const allowed: number[] = []
        for (const nowMs of asked) {
          const recent = allowed.filter((at) => nowMs - at < limits.withinMs).length
          expect(budget.take(nowMs) !== undefined).toBe(recent < limits.maxRestarts)
          if (recent < limits.maxRestarts) allowed.push(nowMs)
        }
      }),
    )
  })

  it('has a wait that is a number, no longer than maxMs, and not shorter in a row of restarts', () => {
    fc.assert(
      fc.property(options, ({ backoff, maxRestarts }) => {
        const budget = new RestartBudget({ backoff, maxRestarts })
        let last = 0
        for (let n = 0; n < maxRestarts; n += 1) {
          const waitMs = budget.take(n) ?? Number.NaN
          expect(waitMs).toBeGreaterThanOrEqual(last)
          expect(waitMs).toBeLessThanOrEqual(backoff.maxMs)
          last = waitMs
        }
      }),
    )
  })
})
