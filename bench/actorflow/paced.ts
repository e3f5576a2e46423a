// A stream whose items have their times, from actor to actor.
//
// paced.ts --count N [--per-second N] [--spawn process|thread]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { report } from '../work/figures.ts'
import { latencyOf } from '../work/paced-items.ts'
import { pacedSource } from './paced-source.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    'per-second': { type: 'string', default: '10000' },
    spawn: { type: 'string', default: 'process' },
  },
})

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', pacedSource, { spawn: values.spawn as 'process' | 'thread' })
    const perSecond = Number(values['per-second'])
    report(await latencyOf((count) => portal.stream('pacedItems', count, perSecond), Number(values.count)))
    await portal.cancelActor()
  })
}

await run(main)
