import { expect, it } from 'vitest'
import { findActor, openNursery } from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import produces from '../../fixtures/actors/produces.ts'
import vanishes from '../../fixtures/actors/vanishes.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'
import { waitUntil } from '../../support/wait-until.ts'

describeEachFlavour('An actor', (bed) => {
  it('has ended, finally and all, when its nursery is left', async () => {
    const file = bed.notes('nursery')
    await openNursery(async (nursery) => {
      const one = await bed.start(nursery, 'one', waits)
      void nursery.startTask(() => one.run('wait', file))
      await bed.noted('nursery', 'begun')
      expect(await bed.actorNames()).toContain('one')
      nursery.cancel()
    })
    expect(await bed.readNotes('nursery')).toEqual(['one begun', 'one ended'])
    expect(await bed.actorNames()).not.toContain('one')
    expect(await findActor('one', waits)).toBeUndefined()
    expect((await errorOf(bed.processIdOf('one'))).message).toMatch(/no process of actor 'one'/)
  })

  it('has ended when cancelActor resolves, and its nursery is left in peace', async () => {
    const file = bed.notes('cancelActor')
    await openNursery(async (nursery) => {
      const one = await bed.start(nursery, 'one', waits)
      const waiting = errorOf(one.run('wait', file))
      await bed.noted('cancelActor', 'begun')
      await one.cancelActor('not needed any more')
      expect(await bed.readNotes('cancelActor')).toEqual(['one begun', 'one ended'])
      expect(await waiting).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'not needed any more' })
      // A second time is no failure: it is what was asked for.
      await one.cancelActor()
    })
    expect(await bed.actorNames()).not.toContain('one')
  })

  it('keeps its nursery open until it is cancelled', async () => {
    let left = false
    const one = Promise.withResolvers<Awaited<ReturnType<typeof bed.start<typeof answers.functions>>>>()
    const nursery = openNursery(async (nursery) => one.resolve(await bed.start(nursery, 'one', answers))).then(() => {
      left = true
    })
    const portal = await one.promise
    for (let n = 0; n < 50; n += 1) expect(await portal.run('add', n, 1)).toBe(n + 1)
    expect(left).toBe(false)
    await portal.cancelActor()
    await nursery
    expect(left).toBe(true)
  })

  it('has ended after its children, whose finally has run', async () => {
    const file = bed.notes('family')
    await openNursery(async (nursery) => {
      const parent = await bed.start(nursery, 'parent', waits)
      void nursery.startTask(() => parent.run('waitWithChild', file, 'child', bed.spawn))
      await bed.noted('family', 'begun', 2)
      expect(await bed.actorNames()).toEqual(expect.arrayContaining(['child', 'parent']))
      nursery.cancel()
    })
    const lines = await bed.readNotes('family')
    expect(lines.slice(0, 2).sort()).toEqual(['child begun', 'parent begun'])
    expect(lines.slice(2)).toEqual(['child ended', 'parent ended'])
    expect(await bed.actorNames()).not.toContain('child')
  })

  it('that runs one function ends with it, and its result can be asked for afterwards', async () => {
    const portal = await openNursery(async (nursery) => {
      const once = await nursery.with(bed.spawn).runInActor('once', answers, 'add', 1, 2)
      expect(await once.result()).toBe(3)
      return once
    })
    expect(await portal.result()).toBe(3)
    expect(await bed.actorNames()).not.toContain('once')
  })

  it.skipIf(!bed.canCrash)(
    `that vanishes takes along what runs for it in another actor${bed.whyNot('canCrash')}`,
    async () => {
      const [source, key] = [await bed.shared(produces), bed.unique('vanished')]
      const error = await errorOf(
        openNursery(async (nursery) => {
          const reader = await bed.start(nursery, 'reader', vanishes)
          await reader.run('readThenExit', source.actor.name, key)
        }),
      )
      expect(error).toBeInstanceOf(Error)
      const progress = () => source.run('progressOf', key)
      await waitUntil(async () => (await progress()).ended === 1, { describe: progress })
      expect(await progress()).toMatchObject({ begun: 1, ended: 1 })
    },
  )
})
