// A stream through a row of actors, each in a process of its own, each of which maps what the one before it sends.
//
// hops.ts --count N [--stages N]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { report } from '../work/figures.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { relayer } from './relay.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, stages: { type: 'string', default: '1' } },
})
const stageCount = Number(values.stages)

async function main() {
  await openNursery(async (nursery) => {
    const names = Array.from({ length: stageCount }, (_, i) => `stage-${i + 1}`)
    const source = await nursery.startActor('source', relayer)
    const stages = await Promise.all(names.map((name) => nursery.startActor(name, relayer)))
    const before = ['source', ...names.slice(0, -1)].reverse()
    const drain = drainBy((count) => (stages.at(-1) ?? source).stream('relay', before, count))
    const figures = await rateOf(drain, Number(values.count))
    report({ ...figures, nsPerHop: 1e9 / (figures['itemsPerSecond'] as number) / (stageCount + 1) })
    await Promise.all([source, ...stages].map((portal) => portal.cancelActor()))
  })
}

await run(main)
