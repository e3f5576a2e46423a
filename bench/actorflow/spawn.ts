// How long it takes until an actor has sent its first item.
//
// spawn.ts [--spawn process|thread|inline] [--module starter.ts|starter.mjs] [--prewarm N]
import { parseArgs } from 'node:util'
import { type Nursery, openNursery, run, sleep } from 'actorflow'
import { report } from '../work/figures.ts'
import { measureStarts, type Started } from '../work/starts.ts'

const { values } = parseArgs({
  options: {
    spawn: { type: 'string', default: 'process' },
    module: { type: 'string', default: 'starter.ts' },
    prewarm: { type: 'string', default: '0' },
  },
})
const prewarm = Number(values.prewarm)
const spawn = values.spawn as 'process' | 'thread' | 'inline'
const { starter } = (await import(`./${values.module}`)) as typeof import('./starter.ts')

// Long enough for others to have taken the place of those that were used.
const prewarmPauseMs = 400

async function start(nursery: Nursery, name: string): Promise<Started> {
  const portal = await nursery.startActor(name, starter, { spawn })
  const stream = portal.stream('items')
  const { value } = await stream.next()
  if (value !== 'item') throw new Error(`${String(value)} arrived`)
  return {
    async end() {
      await stream.return()
      await portal.cancelActor()
    },
  }
}

async function main() {
  await openNursery(async (nursery) => {
    const pause = async () => {
      if (prewarm > 0) await sleep(prewarmPauseMs)
    }
    report(await measureStarts((name) => start(nursery, name), pause))
  })
}

await run(main, { prewarm })
