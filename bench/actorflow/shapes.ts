// A stream from actor to actor, of records of many shapes.
//
// shapes.ts --count N [--shapes N]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { report } from '../work/figures.ts'
import { drainBy, rateOf } from '../work/stream-rate.ts'
import { shapedSource } from './shaped-source.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, shapes: { type: 'string', default: '1' } },
})

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', shapedSource)
    const drain = drainBy((count) => portal.stream('shapedItems', count, Number(values.shapes)))
    report(await rateOf(drain, Number(values.count)))
    await portal.cancelActor()
  })
}

await run(main)
