import type { Flow } from './flow.ts'
import type { Meter } from './meter.ts'

/**
 * A flow whose batches and waits are measured: it is one input of the meter's. Not a generator, so that it can be left
 * while a pull is under way.
 */
export function meteredInput(flow: Flow, meter: Meter, took: (itemCount: number) => void): Flow {
  const batches = flow[Symbol.asyncIterator]()
  const input = meter.addInput()
  const metered: AsyncIterableIterator<readonly unknown[], undefined> = {
    async next(): Promise<IteratorResult<readonly unknown[], undefined>> {
      const answer = batches.next()
      meter.pulled(input)
      let itemCount: number | undefined
      try {
        const result = await answer
        if (result.done === true) return { value: undefined, done: true }
        itemCount = result.value.length
        took(itemCount)
        return result
      } finally {
        meter.answered(input, itemCount !== undefined, itemCount)
      }
    },
    async return(): Promise<IteratorResult<readonly unknown[], undefined>> {
      await batches.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
  return metered
}
