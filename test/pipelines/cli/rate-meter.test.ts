import { describe, expect, it } from 'vitest'
import { createRateMeter } from '../../../pipelines/cli/rate-meter.ts'
import { statisticsOf } from './statistics-of.ts'

describe('The rate meter', () => {
  it('begins with the rate since the run began', () => {
    expect(
      createRateMeter()
        .measure(statisticsOf(500, { itemsIn: 100 }))
        .get('lines'),
    ).toBe(200)
  })

  it('follows a new rate slowly, and gets there', () => {
    const meter = createRateMeter()
    meter.measure(statisticsOf(1000, { itemsIn: 1000 }))
    const soon = meter.measure(statisticsOf(1200, { itemsIn: 1000 })).get('lines')
    expect(soon).toBeGreaterThan(800)
    expect(soon).toBeLessThan(1000)
    for (let ms = 1400; ms <= 12_000; ms += 200) meter.measure(statisticsOf(ms, { itemsIn: 1000 }))
    expect(meter.measure(statisticsOf(12_200, { itemsIn: 1000 })).get('lines')).toBeLessThan(1)
  })

  it('keeps its rates when no time has passed', () => {
    const meter = createRateMeter()
    meter.measure(statisticsOf(1000, { itemsIn: 1000 }))
    expect(meter.measure(statisticsOf(1000, { itemsIn: 2000 })).get('lines')).toBe(1000)
  })
})
