import type { Flow } from './flow.ts'
import type { Meter } from './meter.ts'

type MeteredInput = AsyncIterableIterator<readonly unknown[], undefined>

/**
 * A flow whose batches and waits are measured: it is one input of the meter's. Not a generator, so that it can be left
 * while a pull is under way.
 */
export function meteredInput(flow: Flow, meter: Meter, took: (itemCount: number) => void): MeteredInput {
  const batches = flow[Symbol.asyncIterator]()
  const input: MeteredInput = {
    async next() {
      const answer = batches.next()
      // After the call: what a source computes before it first waits is work.
      meter.pulled(input)
      let isBatch = false
      try {
        const result = await answer
        if (result.done === true) return { value: undefined, done: true }
        isBatch = true
        took(result.value.length)
        return result
      } finally {
        meter.answered(input, isBatch)
      }
    },
    async return() {
      await batches.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => input,
  }
  return input
}
