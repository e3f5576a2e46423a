import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderedMap } from '../../engine/ordered-map.ts'
import { Scope } from '../../engine/scope.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left -= 1) await turn()
}

const cases = fc.record({
  // How many turns of the event loop the work on each item takes, the input before it, and the consumer after it.
  items: fc.array(fc.record({ work: fc.nat(4), input: fc.nat(2), consumer: fc.nat(2) }), { maxLength: 30 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
  ordered: fc.boolean(),
  synchronous: fc.boolean(),
})

describe('An ordered map', () => {
  it('gives each result once, in order where asked to, and never works ahead further than it may', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ items, concurrency, ordered, synchronous }) => {
        let taken = 0
        let received = 0
        const take = (index: number) => {
          taken += 1
          expect(taken - received).toBeLessThanOrEqual(concurrency)
          return index
        }
        function* inTurn() {
          for (const index of items.keys()) yield take(index)
        }
        async function* slowly() {
          for (const [index, { input }] of items.entries()) {
            await turns(input)
            yield take(index)
          }
        }
        const call = async (index: number) => {
          await turns(items[index]?.work ?? 0)
          return index
        }
        const scope = new Scope(undefined)
        const options = { call, ordered, concurrency, scope, self: { name: 'mapper', id: 'm1' }, graceMs: 1_000 }
        const results: number[] = []
        for await (const index of new OrderedMap(synchronous ? inTurn() : slowly(), options)) {
          received += 1
          results.push(index)
          await turns(items[index]?.consumer ?? 0)
        }
        expect(ordered ? results : results.toSorted((a, b) => a - b)).toEqual([...items.keys()])
      }),
      { numRuns: 200 },
    )
  })

  it('hands out exactly what comes before the first failure, and leaves nothing running', async () => {
    const failing = fc.record({
      works: fc.array(fc.record({ work: fc.nat(4), fails: fc.boolean() }), { minLength: 1, maxLength: 20 }),
      concurrency: fc.integer({ min: 1, max: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(failing, async ({ works, concurrency }) => {
        let running = 0
        const call = async (index: number) => {
          running += 1
          try {
            await turns(works[index]?.work ?? 0)
            if (works[index]?.fails === true) throw new Error(String(index))
            return index
          } finally {
            running -= 1
          }
        }
        const scope = new Scope(undefined)
        const options = { call, ordered: true, concurrency, scope, self: { name: 'mapper', id: 'm1' }, graceMs: 1_000 }
        const results: number[] = []
        let failedAt = works.length
        try {
          for await (const index of new OrderedMap(works.keys(), options)) results.push(index)
        } catch (error) {
          failedAt = Number((error as Error).message)
        }
        const first = works.findIndex(({ fails }) => fails)
        expect(failedAt).toBe(first === -1 ? works.length : first)
        expect(results).toEqual([...works.keys()].slice(0, failedAt))
        expect(running).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})
