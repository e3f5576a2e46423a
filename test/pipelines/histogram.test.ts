import { describe, expect, it } from 'vitest'
import { Histogram } from '../../pipelines/histogram.ts'

describe('A histogram', () => {
  it('counts a value with the first bound that it does not exceed, or beyond the last', () => {
    const histogram = new Histogram([1, 10])
    for (const value of [0, 1, 1.5, 10, 11]) histogram.add(value)
    histogram.add(5, 100)
    expect(histogram.distribution).toEqual({ bounds: [1, 10], counts: [2, 102, 1], sum: 523.5 })
  })

  it('gives its counts as they are then', () => {
    const histogram = new Histogram([1])
    const { distribution } = histogram
    histogram.add(1)
    expect(distribution.counts).toEqual([0, 0])
  })
})
