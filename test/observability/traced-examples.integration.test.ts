import { describe, it } from 'vitest'
import { startTraceReceiver } from '../support/trace-receiver.ts'
import {
  asRecorded,
  expectAggregate,
  expectRunLink,
  expectWeather,
  expectWholeTraces,
  runTracedAggregate,
  runTracedWeather,
} from '../support/traced-examples.ts'

// What a collector gets; `npm run test:jaeger` checks the same with a Jaeger.
describe('The traces of the examples', () => {
  it('hold every hop of the items of examples/weather', async () => {
    await using receiver = await startTraceReceiver()
    const stderr = await runTracedWeather(receiver.url)
    const spans = receiver.spans.map(asRecorded)
    expectWholeTraces(spans)
    expectWeather(spans)
    expectRunLink(stderr, spans)
  })

  it('hold every hop of the items of examples/aggregate.ts', async () => {
    await using receiver = await startTraceReceiver()
    await runTracedAggregate(receiver.url)
    const spans = receiver.spans.map(asRecorded)
    expectWholeTraces(spans)
    expectAggregate(spans)
  })
})
