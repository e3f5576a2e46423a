import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBottleneck } from '../../pipelines/bottleneck.ts'
import { statisticsOf } from './cli/statistics-of.ts'

/** A chain of stages whose pace is that of the slowest: those before it are blocked the rest of the time, those behind it idle. */
function flowThrough(capacities: readonly number[]) {
  const pace = Math.min(...capacities)
  const slowest = capacities.indexOf(pace)
  const names = capacities.map((_, index) => `s${index}`)
  const shares = capacities.map((capacity, index) => {
    const busy = pace / capacity
    return { idle: index > slowest ? 1 - busy : 0, busy, blocked: index < slowest ? 1 - busy : 0 }
  })
  const statistics = statisticsOf(
    60_000,
    ...names.map((name, index) => ({ name, ...(shares[index] && { time: shares[index], recent: shares[index] }) })),
  )
  const edges = names.slice(1).map((to, index) => ({ from: names[index] as string, to }))
  // So near to the slowest that either may be named.
  const slow = names.filter((_, index) => (shares[index]?.busy ?? 0) >= 0.95)
  return { statistics, edges, slow }
}

describe('The bottleneck', () => {
  it('is the slowest stage of a chain, however fast the others are, and its neighbours wait for it', () => {
    const capacity = fc.integer({ min: 1, max: 100 })
    fc.assert(
      fc.property(fc.uniqueArray(capacity, { minLength: 2, maxLength: 8 }), (capacities) => {
        const { statistics, edges, slow } = flowThrough(capacities)
        for (const over of ['time', 'recent'] as const) {
          const found = findBottleneck(statistics, edges, over)
          expect(slow).toContain(found?.stage)
          expect(found?.kind).toBe('work')
          const before = edges.find(({ to }) => to === found?.stage)?.from
          for (const { stage, on } of found?.waiters ?? []) expect(on).toBe(stage === before ? 'output' : 'input')
        }
      }),
    )
  })

  it('is named only where a stage is slow for most of the time', () => {
    const share = fc.double({ min: 0, max: 0.49, noNaN: true })
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 6 }), (shares) => {
        const stages = shares.map((busy, index) => {
          const isFirst = index === 0
          return { name: `s${index}`, time: { idle: isFirst ? 0 : 1 - busy, busy, blocked: isFirst ? 1 - busy : 0 } }
        })
        const edges = stages.slice(1).map(({ name }, index) => ({ from: `s${index}`, to: name }))
        expect(findBottleneck(statisticsOf(60_000, ...stages), edges, 'time')).toBeUndefined()
      }),
    )
  })
})
