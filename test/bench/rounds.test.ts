import { describe, expect, it } from 'vitest'
import { judge, ratioOf } from '../../bench/harness/rounds.ts'
import { median, medianRange, percentile } from '../../bench/harness/statistics.ts'
import { formatNumber, formatVerdict } from '../../bench/harness/table.ts'
import type { Workload } from '../../bench/harness/workload.ts'

const workload: Workload = {
  name: 'w',
  title: 'a workload',
  figures: { rate: '1/s', lateMs: 'ms' },
  baseline: 'raw',
  contenders: [],
  bars: [
    { of: 'ours', to: 'raw', atLeast: 0.5 },
    { of: 'ours', to: 'raw', atLeast: 0.7 },
    { of: 'ours', figure: 'lateMs', atMost: 10 },
    { of: 'ours', to: 'raw', figure: 'lateMs', toFigure: 'rate', atMost: 0.01 },
    { of: 'nobody', to: 'raw', atLeast: 0 },
  ],
}

const rounds = new Map([
  ['raw', [{ rate: 100 }, { rate: 1000 }, { rate: 200 }]],
  [
    'ours',
    [
      { rate: 60, lateMs: 1 },
      { rate: 500, lateMs: 5 },
      { rate: 160, lateMs: 30 },
    ],
  ],
])

describe('The rounds of a benchmark', () => {
  it('compare what belongs to one round, and take the median of that', () => {
    expect(ratioOf(rounds, 'ours', 'raw', 'rate')).toBe(0.6)
    expect(median([60, 500, 160]) / median([100, 1000, 200])).toBe(0.8)
  })

  it('say which bars are met, and not that of a contender without figures', () => {
    expect(judge(workload, rounds).map(({ value, met }) => [value, met])).toEqual([
      [0.6, true],
      [0.6, false],
      [5, true],
      [0.01, true],
      [Number.NaN, false],
    ])
  })

  it('say between what a value would lie if there were more of them', () => {
    const twice = new Map([...rounds].map(([name, figures]) => [name, [...figures, ...figures]]))
    const [first] = judge(workload, twice)
    expect([first?.low, first?.high]).toEqual([0.5, 0.8])
  })
})

describe('A verdict', () => {
  const bar = { of: 'ours', to: 'raw', atLeast: 0.7 }

  it('says what was wanted, and what is known', () => {
    expect(formatVerdict({ bar, value: 0.6, low: 0.5, high: 0.65, met: false })).toBe(
      'MISSED: ours: 0.6 of raw (0.5 to 0.65), wanted at least 0.7',
    )
  })

  it('says so where more rounds might say otherwise', () => {
    expect(formatVerdict({ bar, value: 0.6, low: 0.5, high: 0.8, met: false })).toMatch(
      /^MISSED, by less than the noise: /,
    )
    expect(formatVerdict({ bar, value: 0.75, low: 0.6, high: 0.8, met: true })).toMatch(
      /^reached, by less than the noise: /,
    )
    expect(formatVerdict({ bar, value: 0.75, low: 0.7, high: 0.8, met: true })).toMatch(/^reached: /)
  })
})

describe('The range of a median', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

  // From the tables of the sign test.
  it.each([
    [5, 1, 5],
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [15, 4, 12],
    [20, 6, 15],
    [50, 18, 33],
  ])('of %i values reaches from number %i to number %i', (count, low, high) => {
    expect(medianRange(upTo(count).reverse())).toEqual({ low, high })
  })

  it('is not known of few', () => {
    expect(medianRange(upTo(4))).toEqual({ low: -Infinity, high: Infinity })
  })
})

describe('A percentile', () => {
  it('lies between two values if it has to', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(percentile([1, 2, 3], 1)).toBe(3)
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('A number in a table', () => {
  it('has three digits, or as many as its whole part', () => {
    expect([0.12345, 1.2345, 12.345, 1_234_567.8, Number.NaN].map(formatNumber)).toEqual([
      '0.123',
      '1.23',
      '12.3',
      '1,234,568',
      '-',
    ])
  })
})
