import { describe, it } from 'vitest'
import type { Span } from '../../pipelines/cli/trace/span.ts'
import { type Jaeger, openJaeger } from '../support/jaeger.ts'
import {
  expectAggregate,
  expectRunLink,
  expectWeather,
  expectWholeTraces,
  runTracedAggregate,
  runTracedWeather,
} from '../support/traced-examples.ts'

const deadlineMs = 20_000

/** Looks until it is so: what Jaeger has taken it shows a moment later. */
async function expectEventually(jaeger: Jaeger, expectations: (spans: readonly Span[]) => void): Promise<void> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    try {
      const spans = await jaeger.spans()
      expectWholeTraces(spans)
      expectations(spans)
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

describe('Jaeger', () => {
  it('shows every hop of the items of examples/weather', async () => {
    await using jaeger = await openJaeger()
    const stderr = await runTracedWeather(jaeger.endpoint)
    await expectEventually(jaeger, (spans) => {
      expectWeather(spans)
      expectRunLink(stderr, spans)
    })
  })

  it('shows every hop of the items of examples/aggregate.ts', async () => {
    await using jaeger = await openJaeger()
    await runTracedAggregate(jaeger.endpoint)
    await expectEventually(jaeger, expectAggregate)
  })
})
