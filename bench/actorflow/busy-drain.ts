// A stream from actor to actor whose consumer works for each item.
//
// busy-drain.ts --count N [--source sync|async] [--spawn process|thread|inline]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { drainBusily } from '../work/busy-drain.ts'
import { report } from '../work/figures.ts'
import { warmUp } from '../work/small-items.ts'
import { source } from './sources.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    source: { type: 'string', default: 'sync' },
    spawn: { type: 'string', default: 'process' },
  },
})

async function main() {
  await openNursery(async (nursery) => {
    const spawn = values.spawn as 'process' | 'thread' | 'inline'
    const portal = await nursery.startActor('source', source, { spawn })
    const drain = (count: number) => drainBusily(portal.stream(values.source as 'sync' | 'async', count), count)
    const count = Number(values.count)
    await drain(warmUp(count))
    report(await drain(count))
    await portal.cancelActor()
  })
}

await run(main)
