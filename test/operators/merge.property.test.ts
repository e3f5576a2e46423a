import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from '../../operators/index.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An input whose items each take some turns of the event loop. */
async function* slow(name: number, delays: readonly number[]): AsyncGenerator<[number, number]> {
  for (const [index, delay] of delays.entries()) {
    for (let turns = delay; turns > 0; turns -= 1) await turn()
    yield [name, index]
  }
}

describe('merge', () => {
  it('hands out every item of every input once, each input in its order', async () => {
    const inputs = fc.array(fc.array(fc.nat(2), { maxLength: 10 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(inputs, async (all) => {
        const seen = all.map((): number[] => [])
        for await (const [name, index] of merge(...all.map((delays, name) => slow(name, delays)))) {
          seen[name]?.push(index)
        }
        expect(seen).toEqual(all.map((delays) => delays.map((_, index) => index)))
      }),
      { numRuns: 50 },
    )
  })

  it('keeps inputs that are always ready within one item of each other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 200 }), async (width, length) => {
        const ready = Array.from({ length: width }, (_, name) => slow(name, new Array<number>(length).fill(0)))
        const counts = new Array<number>(width).fill(0)
        for await (const [name] of merge(...ready)) {
          counts[name] = (counts[name] ?? 0) + 1
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
        expect(counts).toEqual(new Array<number>(width).fill(length))
      }),
      { numRuns: 30 },
    )
  })
})
