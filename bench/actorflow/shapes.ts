// A stream from actor to actor, of records of many shapes.
//
// shapes.ts --count N [--shapes N]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { rates, report, timed } from '../work/figures.ts'
import { Tally, warmUp } from '../work/small-items.ts'
import { shapedSource } from './shaped-source.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, shapes: { type: 'string', default: '1' } },
})

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', shapedSource)
    const drain = async (count: number) => {
      const tally = new Tally()
      for await (const item of portal.stream('shapedItems', count, Number(values.shapes))) tally.add(item)
      tally.check(count)
    }
    const count = Number(values.count)
    await drain(warmUp(count))
    report(rates(count, await timed(() => drain(count))))
    await portal.cancelActor()
  })
}

await run(main)
