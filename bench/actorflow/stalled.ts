// How much memory both sides of a stream take, whose consumer stops after the first item and whose producer would go on.
//
// stalled.ts [--count N] [--seconds N]
import { parseArgs } from 'node:util'
import { openNursery, type Portal, run, sleep } from 'actorflow'
import { report } from '../work/figures.ts'
import { usedMemory } from '../work/used-memory.ts'
import { idleSource } from './idle-source.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000000' }, seconds: { type: 'string', default: '1.5' } },
})
const warmUpCount = 200_000

const residentBytes = async (portal: Portal<typeof idleSource.functions>) => {
  const [caller, callee] = [await usedMemory(), await portal.run('usedMemory')]
  return [caller.residentBytes, callee.residentBytes] as const
}

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', idleSource)
    let received = 0
    for await (const _item of portal.stream('smallItems', warmUpCount)) received += 1
    if (received !== warmUpCount) throw new Error(`${received} items arrived`)
    const before = await residentBytes(portal)
    const stream = portal.stream('smallItems', Number(values.count))
    const { value } = await stream.next()
    if (value?.id !== 0) throw new Error('the first item did not arrive')
    await sleep(Number(values.seconds) * 1000)
    const after = await residentBytes(portal)
    const grownMiB = (side: 0 | 1) => Math.max(0, after[side] - before[side]) / 2 ** 20
    report({ callerMiB: grownMiB(0), calleeMiB: grownMiB(1) })
    await stream.return()
    await portal.cancelActor()
  })
}

await run(main)
