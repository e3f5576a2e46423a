import { describe, expect, it } from 'vitest'
import { formatCount, formatDuration, formatRate } from '../../../pipelines/cli/figures.ts'

describe('The figures', () => {
  it('of a count have their thousands set apart', () => {
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  })

  it('of a rate have three digits', () => {
    const rates = [0, 0.04, 7.5, 99.96, 950, 999.6, 1234, 99_990, 12_345_678, 2e15]
    expect(rates.map(formatRate)).toEqual([
      '0/s',
      '0/s',
      '7.5/s',
      '100/s',
      '950/s',
      '1.00k/s',
      '1.23k/s',
      '100k/s',
      '12.3M/s',
      '2000T/s',
    ])
  })

  it('of a duration are in the unit that fits', () => {
    const durations = [0, 999.4, 999.6, 12_340, 59_960, 245_000, 3_723_000]
    expect(durations.map(formatDuration)).toEqual([
      '0 ms',
      '999 ms',
      '1.0 s',
      '12.3 s',
      '1:00 min',
      '4:05 min',
      '1:02:03 h',
    ])
  })
})
