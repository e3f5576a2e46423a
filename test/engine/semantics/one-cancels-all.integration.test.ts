import { expect, it } from 'vitest'
import { openNursery, RemoteActorError, sleep } from '../../../index.ts'
import crashes from '../../fixtures/actors/crashes.ts'
import produces from '../../fixtures/actors/produces.ts'
import throws from '../../fixtures/actors/throws.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'

describeEachFlavour('A failure in a nursery', (bed) => {
  const both = (name: string) => ['one begun', 'one ended', `${name} begun`, `${name} ended`]
  const waiting = () => bed.shared(waits)

  it('of its body cancels its actors and tasks, and is what it throws', async () => {
    const [mine, file] = [new Error('mine'), bed.notes('body')]
    const error = await errorOf(
      openNursery(async (nursery) => {
        const one = await bed.start(nursery, 'one', waits)
        void nursery.startTask(() => one.run('wait', file))
        await nursery.with(bed.spawn).runInActor('once', waits, 'wait', file)
        await bed.noted('body', 'begun', 2)
        throw mine
      }),
    )
    expect(error).toBe(mine)
    expect((await bed.readNotes('body')).sort()).toEqual(both('once').sort())
  })

  it('of a task cancels its actors, its other tasks and its body at the next wait', async () => {
    const [mine, file] = [new Error('mine'), bed.notes('task')]
    let interrupted: unknown
    const error = await errorOf(
      openNursery(async (nursery) => {
        const one = await waiting()
        void nursery.startTask(() => one.run('wait', file))
        void nursery.startTask(async () => {
          await bed.noted('task', 'begun')
          throw mine
        })
        interrupted = await errorOf(sleep(1e9))
        throw interrupted
      }),
    )
    expect(error).toBe(mine)
    expect(interrupted).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', cause: mine })
    expect(await bed.readNotes('task')).toEqual(['shared begun', 'shared ended'])
  })

  it('of a run-once actor cancels the others, and is thrown with the actor it comes from', async () => {
    const file = bed.notes('once')
    const error = await errorOf(
      openNursery(async (nursery) => {
        const one = await waiting()
        void nursery.startTask(() => one.run('wait', file))
        await bed.noted('once', 'begun')
        await nursery.with(bed.spawn).runInActor('failing', crashes, 'fail', 'of its own')
        await sleep(1e9)
      }),
    )
    expect(error).toBeInstanceOf(RemoteActorError)
    expect(error).toMatchObject({ message: 'of its own', actor: { name: 'failing' } })
    expect(await bed.readNotes('once')).toEqual(['shared begun', 'shared ended'])
  })

  it('of an actor that is called cancels the others if nobody catches it', async () => {
    const [thrower, file] = [await bed.shared(throws), bed.notes('called')]
    const error = await errorOf(
      openNursery(async (nursery) => {
        const one = await waiting()
        void nursery.startTask(() => one.run('wait', file))
        await bed.noted('called', 'begun')
        await thrower.run('ticket')
      }),
    )
    expect(error).toMatchObject({ message: 'sold out', actor: thrower.actor })
    expect(await bed.readNotes('called')).toEqual(['shared begun', 'shared ended'])
  })

  it('of an actor that is called cancels nobody if it is caught', async () => {
    const [thrower, file] = [await bed.shared(throws), bed.notes('caught')]
    await openNursery(async (nursery) => {
      const one = await waiting()
      void nursery.startTask(() => one.run('wait', file))
      await bed.noted('caught', 'begun')
      for (let n = 0; n < 10; n += 1) await errorOf(thrower.run('ticket'))
      expect(nursery.signal.aborted).toBe(false)
      expect(await bed.readNotes('caught')).toEqual(['shared begun'])
      nursery.cancel()
    })
  })

  it('of several members throws an AggregateError of exactly those', async () => {
    const thrower = await bed.shared(throws)
    const error = await errorOf(
      openNursery(async (nursery) => {
        // All are answered before the first answer is looked at: none of them is cancelled by another.
        const answered = Promise.all(Array.from({ length: 5 }, () => errorOf(thrower.run('ticket'))))
        for (let n = 0; n < 5; n += 1) {
          void nursery.startTask(async () => {
            throw (await answered)[n]!
          })
        }
        await sleep(1e9)
      }),
    )
    expect(error).toBeInstanceOf(AggregateError)
    const { errors } = error as AggregateError
    expect(errors.length).toBe(5)
    expect(errors.every((each) => each instanceof RemoteActorError && each.message === 'sold out')).toBe(true)
  })

  it('of a consumer in its loop ends the producer in another actor', async () => {
    const [portal, key] = [await bed.shared(produces), bed.unique('consumer')]
    const mine = new Error('mine')
    const error = await errorOf(
      openNursery(async (nursery) => {
        void nursery.startTask(async () => {
          for await (const n of portal.stream('countAsync', key, 1e9)) if (n === 100) throw mine
        })
        for await (const _ of portal.stream('yieldAndWait', key));
      }),
    )
    expect(error).toBe(mine)
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 2, ended: 2 })
  })

  it('inside another nursery leaves that alone when it is caught', async () => {
    const file = bed.notes('nested')
    await openNursery(async (outer) => {
      const one = await waiting()
      void outer.startTask(() => one.run('wait', file))
      await bed.noted('nested', 'begun')
      const error = await errorOf(
        openNursery(async (inner) => {
          await bed.start(inner, 'inner', waits)
          throw new Error('of the inner one')
        }),
      )
      expect(error).toMatchObject({ message: 'of the inner one' })
      expect(outer.signal.aborted).toBe(false)
      expect(await bed.actorNames()).not.toContain('inner')
      expect(await bed.readNotes('nested')).toEqual(['shared begun'])
      outer.cancel()
    })
  })

  it('around another nursery cancels that, and is what is thrown', async () => {
    const [mine, file] = [new Error('mine'), bed.notes('outer')]
    const error = await errorOf(
      openNursery(async (outer) => {
        void outer.startTask(async () => {
          await bed.noted('outer', 'begun')
          throw mine
        })
        await openNursery(async () => {
          const one = await waiting()
          await one.run('wait', file)
        })
      }),
    )
    expect(error).toBe(mine)
    expect(await bed.readNotes('outer')).toEqual(['shared begun', 'shared ended'])
  })
})
