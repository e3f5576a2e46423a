// What contexts cost that are open between two actors, on one channel, and do nothing.
//
// idle-contexts.ts --count N
import { parseArgs } from 'node:util'
import { openNursery, type Portal, run } from 'actorflow'
import { report } from '../work/figures.ts'
import { usedMemory } from '../work/used-memory.ts'
import { idleSource } from './idle-source.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })

const warmUpCount = 50

type IdleSource = Portal<typeof idleSource.functions>

const openAll = (portal: IdleSource, count: number) =>
  Promise.all(Array.from({ length: count }, () => portal.openContext('idle')))

const bothSides = async (portal: IdleSource) => ({ caller: await usedMemory(), callee: await portal.run('usedMemory') })

async function main() {
  await openNursery(async (nursery) => {
    const portal = await nursery.startActor('source', idleSource)
    const count = Number(values.count)
    // What the first ones take along (code, larger tables) is not theirs.
    for (const context of await openAll(portal, warmUpCount)) await context.cancel()
    const before = await bothSides(portal)
    const contexts = await openAll(portal, count)
    const after = await bothSides(portal)
    const each = (figure: (sides: typeof before) => number) => (figure(after) - figure(before)) / count
    report({
      callerHeapBytes: each(({ caller }) => caller.heapBytes),
      calleeHeapBytes: each(({ callee }) => callee.heapBytes),
      callerResidentBytes: each(({ caller }) => caller.residentBytes),
      calleeResidentBytes: each(({ callee }) => callee.residentBytes),
    })
    await Promise.all(contexts.map((context) => context.cancel()))
    await portal.cancelActor()
  })
}

await run(main)
