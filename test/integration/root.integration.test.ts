import { describe, expect, it, vi } from 'vitest'
import { type ActorDump, currentRuntime, requestDump } from '../../engine/index.ts'
import { currentActor, findActor, getRegistry, openNursery, openRoot } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import produces from '../fixtures/actors/produces.ts'
import { openTreeBed } from '../support/tree.ts'

openTreeBed()

/** A module that attaches so. */
function moduleOf(attach: string): string {
  return `data:text/javascript,${encodeURIComponent(`export const attach = ${attach}`)}`
}

describe('A root that was opened', () => {
  it('tells that it has ended, and why', async () => {
    const root = await openRoot({ signals: false })
    const ended = root.ended
    await root.close()
    expect(await ended).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'its root was closed' })
  })

  it('tells that another actor asked it to leave', async () => {
    const root = await openRoot({ name: 'root', definition: answers, signals: false })
    const self = await findActor('root', answers)
    const asked = self?.cancelActor('enough').catch(() => undefined)
    expect(await root.ended).toMatchObject({ canceller: root.actor, reason: 'enough' })
    await asked
  })

  it('ends, and leaves nothing open, though a module that it attached fails to', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const url = moduleOf('({ onLeave }) => onLeave(() => Promise.reject(new Error("no farewell")))')
    const root = await openRoot({ signals: false, attach: [{ url }] })
    await root.close()
    expect(said.mock.calls.join('')).toMatch(/a module that is attached has failed to end: Error: no farewell/)
    said.mockRestore()
  })

  it('takes down what one module has opened while another could not be attached', async () => {
    const opens = moduleOf(`async ({ onLeave }) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      onLeave(async () => void (globalThis.isTakenDown = true))
    }`)
    const fails = moduleOf('() => { throw new TypeError("no such option") }')
    await expect(openRoot({ signals: false, attach: [{ url: fails }, { url: opens }] })).rejects.toThrow(
      'no such option',
    )
    expect(Reflect.get(globalThis, 'isTakenDown')).toBe(true)
    Reflect.deleteProperty(globalThis, 'isTakenDown')
  })

  it('may keep out of the registry', async () => {
    await using root = await openRoot({ name: 'guest', listed: false, signals: false })
    expect(currentActor().id).toBe(root.actor.id)
    expect(await (await getRegistry()).list()).toEqual([])
    expect(await findActor('guest', answers)).toBeUndefined()
  })

  it('counts the items of its streams, those that have ended included, and those of its children apart', async () => {
    const root = await openRoot({ signals: false })
    await openNursery(async (nursery) => {
      const actor = await nursery.startActor('actor', produces)
      for (const to of [10, 20]) for await (const _ of actor.stream('count', 'traffic', to));
      for await (const n of actor.stream('count', 'traffic', 1_000_000)) if (n === 4) break
      const runtime = currentRuntime()
      const here = await requestDump(runtime, runtime.address)
      expect(here.traffic.itemsIn).toBeGreaterThanOrEqual(35)
      expect(here.traffic.itemsOut).toBe(0)
      const [below] = here.children as ActorDump[]
      expect(below?.traffic).toMatchObject({ itemsIn: 0 })
      expect(below?.traffic.itemsOut).toBeGreaterThanOrEqual(here.traffic.itemsIn)
      expect((await requestDump(runtime, runtime.address, { below: false })).children).toEqual([])
      await actor.cancelActor()
    })
    await root.close()
  })
})
