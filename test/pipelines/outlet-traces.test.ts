import { describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/index.ts'
import { ambientScope, runInScope, Scope } from '../../engine/scope.ts'
import { Outlet } from '../../pipelines/outlet.ts'

interface Actor {
  readonly self: { readonly name: string; readonly id: string }
  readonly interceptor: Interceptor | undefined
}

/** What each of the readers gets of a batch: the trace that it holds, and the items. */
async function readBy(
  consumers: readonly string[],
  { items, trace, interceptor }: { items: readonly unknown[]; trace: unknown; interceptor?: Interceptor },
): Promise<unknown[][]> {
  const owner: Actor = { self: { name: 'numbers', id: 'n1' }, interceptor }
  const task = (): Scope => new Scope(owner, new Scope(owner))
  const outputs = consumers.map((consumer) => ({ consumer, actorCount: 1, id: '0' }))
  const outlet = new Outlet(outputs, () => undefined)
  const reading = outputs.map((output) =>
    runInScope(task(), async () => {
      const got: unknown[] = []
      for await (const { items } of outlet.read(output)) got.push([ambientScope()?.itemTrace, ...items])
      return got
    }),
  )
  await runInScope(task(), async () => {
    await outlet.push(items, trace)
    await outlet.end()
  })
  return await Promise.all(reading)
}

const everyThird: Interceptor['itemCreated'] = () => {
  count += 1
  return count % 3 === 0 ? `created ${count}` : null
}
let count = 0

describe('The traces of an outlet', () => {
  it('are one for an item that begins here and goes to several readers', async () => {
    count = 0
    const got = [
      [null, 1, 2],
      ['created 3', 3],
      [null, 4, 5],
      ['created 6', 6],
      [null, 7],
    ]
    const items = [1, 2, 3, 4, 5, 6, 7]
    const interceptor = { itemCreated: everyThird }
    expect(await readBy(['odd', 'audit'], { items, trace: undefined, interceptor })).toEqual([got, got])
  })

  it('begin where the items are sent if there is one reader, or nobody who traces', async () => {
    const got = [[undefined, 1, 2, 3]]
    const given = { items: [1, 2, 3], trace: undefined }
    expect(await readBy(['odd'], { ...given, interceptor: { itemCreated: everyThird } })).toEqual([got])
    expect(await readBy(['odd', 'audit'], given)).toEqual([got, got])
  })

  it('go on as they are with what came from elsewhere', async () => {
    for (const trace of [null, 'a trace']) {
      const got = [[trace, 1, 2]]
      const interceptor = { itemCreated: everyThird }
      expect(await readBy(['odd', 'audit'], { items: [1, 2], trace, interceptor })).toEqual([got, got])
    }
  })

  it('are one for what was made of several items', async () => {
    count = 2
    const joined = { contributors: ['a', 'b'], contributorCount: 2, parent: undefined }
    const interceptor = { itemCreated: everyThird }
    const got = [['created 3', 'sum']]
    expect(await readBy(['odd', 'audit'], { items: ['sum'], trace: joined, interceptor })).toEqual([got, got])
  })
})
