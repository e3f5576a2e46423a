// A stream from actor to actor.
//
// stream.ts --count N [--source async|sync|batches|send|large] [--by items|batches] [--map map|mapBatches] [--spawn process|thread]
//   [--trace off|SHARE] [--work STEPS] [--turns]
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { rates, report, timed } from '../work/figures.ts'
import { Tally } from '../work/small-items.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { startTraceCollector } from '../work/trace-collector.ts'
import { mapper } from './mapper.ts'
import { source } from './sources.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    source: { type: 'string', default: 'async' },
    by: { type: 'string', default: 'items' },
    map: { type: 'string', default: '' },
    size: { type: 'string', default: '0' },
    spawn: { type: 'string', default: 'process' },
    trace: { type: 'string', default: '' },
    work: { type: 'string', default: '0' },
    turns: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const itemBytes = Number(values.size)
const stepCount = Number(values.work)
const spawn = values.spawn as 'process' | 'thread'
const functionName = values.source as 'async' | 'sync' | 'batches' | 'send'

let computed = 1

/** Some nanoseconds of work for each step, and no less where others want the processor too. */
function compute(steps: number): void {
  let value = computed
  for (let step = 0; step < steps; step += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  computed = value
}

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', source, { spawn })
    const map = values.map === '' ? undefined : await nursery.startActor('mapper', mapper, { spawn })
    const open = (n: number) => {
      if (map !== undefined) return map.stream(values.map as 'map', 'source', functionName as 'async', n)
      return itemBytes > 0
        ? portal.stream(values.source === 'given' ? 'given' : 'large', n, itemBytes)
        : portal.stream(functionName, n)
    }
    const drainBatches = async (n: number) => {
      const tally = new Tally()
      for await (const items of open(n).batches()) for (const item of items) tally.add(item)
      tally.check(n)
    }
    const drainWorking = async (n: number) => {
      const tally = new Tally()
      for await (const item of open(n)) {
        compute(stepCount)
        tally.add(item)
      }
      tally.check(n)
    }
    const drain = stepCount > 0 ? drainWorking : values.by === 'batches' ? drainBatches : drainBy(open)
    if (values.turns) {
      for await (const _ of createInterface({ input: process.stdin }))
        report(rates(count, await timed(() => drain(count))))
    } else report(await rateOf(drain, count, { itemBytes }))
    await portal.cancelActor()
    await map?.cancelActor()
  })
}

/** With tracing attached, which follows that share of the items, or none at all. */
async function runTraced(): Promise<void> {
  const { tracing } = await import('actorflow/observability')
  if (values.trace === 'off') return await run(main, { attach: [tracing({ exporter: 'none' })] })
  const collector = await startTraceCollector()
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url
  await run(main, { attach: [tracing({ exporter: 'otlp', ratio: Number(values.trace) })] })
  await collector.stop()
}

await (values.trace === '' ? run(main) : runTraced())
