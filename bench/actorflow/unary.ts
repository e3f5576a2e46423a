// Calls from actor to actor.
//
// unary.ts --count N [--in-flight N] [--spawn process|thread]
import { parseArgs } from 'node:util'
import { openNursery, run } from 'actorflow'
import { driveCalls } from '../work/calls.ts'
import { report } from '../work/figures.ts'
import { echo } from './echo.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    'in-flight': { type: 'string', default: '1' },
    spawn: { type: 'string', default: 'process' },
  },
})

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('echo', echo, { spawn: values.spawn as 'process' | 'thread' })
    const options = { count: Number(values.count), inFlight: Number(values['in-flight']) }
    report(await driveCalls((item) => portal.run('echo', item), options))
    await portal.cancelActor()
  })
}

await run(main)
