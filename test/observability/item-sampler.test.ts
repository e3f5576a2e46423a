import { describe, expect, it } from 'vitest'
import { ItemSampler } from '../../observability/item-sampler.ts'

/** The same numbers every time, by the generator called mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function drawn(sampler: ItemSampler, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(() => sampler.take())
}

describe('The sampler of items', () => {
  it('takes all of them at a ratio of 1, and none at 0', () => {
    expect(drawn(new ItemSampler(1), 100)).toHaveLength(100)
    expect(drawn(new ItemSampler(0), 10_000)).toEqual([])
    for (const random of [0, 0.5, 1 - 2 ** -53]) {
      expect(new ItemSampler(1, () => random).draw()).toBe(0)
      expect(new ItemSampler(0, () => random).draw()).toBe(Infinity)
    }
  })

  it('passes over as many at once as it would one by one', () => {
    const sampler = new ItemSampler(0.1, seeded(5))
    const jumps = new ItemSampler(0.1, seeded(5))
    // Each has drawn its first run when it was made.
    const [first = 0, ...taken] = drawn(sampler, 1_000)
    let at = first
    for (const next of taken) {
      at += 1 + jumps.draw()
      expect(at).toBe(next)
    }
  })

  it.each([0.5, 0.1, 0.01, 0.001])('takes about as many as a ratio of %d says', (ratio) => {
    const count = 1_000_000
    const deviation = Math.sqrt(count * ratio * (1 - ratio))
    const { length } = drawn(new ItemSampler(ratio, seeded(7)), count)
    expect(Math.abs(length - count * ratio)).toBeLessThan(4 * deviation)
  })

  it('takes each with the same chance, the first and the one after another too', () => {
    const count = 100_000
    const random = seeded(11)
    const firsts = Array.from({ length: count }, () => drawn(new ItemSampler(0.25, random), 2))
    for (const wanted of [[], [0], [1], [0, 1]]) {
      const share = firsts.filter((taken) => taken.join() === wanted.join()).length / count
      const expected = 0.25 ** wanted.length * 0.75 ** (2 - wanted.length)
      expect(Math.abs(share - expected)).toBeLessThan(0.01)
    }
  })

  it('takes the same ones with the same random numbers', () => {
    const [one, other] = [new ItemSampler(0.3, seeded(3)), new ItemSampler(0.3, seeded(3))]
    expect(drawn(one, 1000)).toEqual(drawn(other, 1000))
  })
})
