import { expect, it } from 'vitest'
import { type Functions, type Nursery, openNursery, type Portal, shield } from '../../../index.ts'
import converses from '../../fixtures/actors/converses.ts'
import crashes from '../../fixtures/actors/crashes.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour, type FlavourBed } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'

// How it ended is known to its parent; to everybody else the channel broke.
const lost = (bed: FlavourBed) => (bed.byName ? /^FLOW_CHANNEL_BROKEN$/ : /^(FLOW_CHANNEL_BROKEN|FLOW_ACTOR_EXIT)$/)

/** Runs in a nursery that fails with the loss of its actor, out of reach of that. */
async function withLoss(use: (nursery: Nursery) => Promise<void>): Promise<Error> {
  return await errorOf(openNursery((nursery) => shield(() => use(nursery))))
}

// Nobody gives up a silent peer: whoever hears of an end here has heard of it at once.
const root = { heartbeat: { intervalMs: 5_000, limitMs: Infinity } }

describeEachFlavour('An actor that has gone', declare, { root })

function declare(bed: FlavourBed): void {
  it.skipIf(!bed.canCrash)(
    `breaks off every wait on it at once, and items that had arrived still come${bed.whyNot('canCrash')}`,
    async () => {
      const error = await withLoss(async (nursery) => {
        const actor = await bed.start(nursery, 'exiting', crashes)
        const stream = actor.stream('yieldAndWait', 100)
        const items = [(await stream.next()).value]
        const waits = [actor.run('wait'), actor.run('exit', 3), actor.stream('yieldAndWait', 0).next()]
        for (const each of await Promise.all(waits.map((call) => errorOf(call)))) {
          expect(each.code).toMatch(lost(bed))
        }
        const rest = async () => {
          for await (const n of stream) items.push(n)
        }
        expect((await errorOf(rest())).code).toMatch(lost(bed))
        expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n))
      })
      expect(error).toBeInstanceOf(Error)
    },
  )

  it.skipIf(!bed.canBeKilled)(
    `breaks off a context at once: its items, its result and what is sent${bed.whyNot('canBeKilled')}`,
    async () => {
      await withLoss(async (nursery) => {
        const actor = await bed.start(nursery, 'killed', converses)
        const open = await actor.openContext('takeFew', 1)
        const send = async () => {
          for (let n = 0; ; n += 1) await open.stream.send(n)
        }
        const all = [errorOf(open.result()), errorOf(open.stream.next()), errorOf(send())]
        process.kill(await bed.processIdOf('killed'), 'SIGKILL')
        for (const error of await Promise.all(all)) expect(error.code).toMatch(lost(bed))
        expect((await errorOf(open.stream.send(1))).code).toMatch(lost(bed))
        // What is known already is not thrown once more by leaving.
        await open[Symbol.asyncDispose]()
      })
    },
  )

  it.skipIf(!bed.canBeKilled)(
    `that was killed is no end of a stream: its consumer gets an error${bed.whyNot('canBeKilled')}`,
    async () => {
      const error = await withLoss(async (nursery) => {
        const actor = await bed.start(nursery, 'killed', crashes)
        const stream = actor.stream('yieldAndWait', 3)
        await stream.next()
        process.kill(await bed.processIdOf('killed'), 'SIGKILL')
        expect((await errorOf(Array.fromAsync(stream))).code).toMatch(lost(bed))
        // After its one error it has ended.
        expect(await stream.next()).toEqual({ value: undefined, done: true })
      })
      expect(error).toBeInstanceOf(Error)
    },
  )

  it.skipIf(!bed.canCrash)(`for an error that nobody caught says so, and how${bed.whyNot('canCrash')}`, async () => {
    const error = await withLoss(async (nursery) => {
      const actor = await bed.start(nursery, 'crashing', crashes)
      expect((await errorOf(actor.run('throwUncaught'))).code).toMatch(/^FLOW_/)
    })
    // By name, the one who keeps it hears of it.
    const exit = (bed.byName ? error.cause : error) as Error
    expect(exit).toMatchObject({ code: 'FLOW_ACTOR_EXIT', actor: { name: 'crashing' }, exitCode: 1 })
  })

  it('because it was cancelled is no broken channel for whoever waits on it', async () => {
    const file = bed.notes('cancelled')
    await openNursery(async (nursery) => {
      const actor = await bed.start(nursery, 'cancelled', waits)
      const calls = [errorOf(actor.run('wait', file)), errorOf(Array.fromAsync(actor.stream('tick', file)))]
      await bed.noted('cancelled', 'begun')
      await actor.cancelActor('enough')
      for (const error of await Promise.all(calls)) {
        expect(error).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', canceller: { name: 'root' }, reason: 'enough' })
      }
    })
  })

  it('refuses every later call at once', async () => {
    await openNursery(async (nursery) => {
      const actor = await bed.start(nursery, 'gone', converses)
      await actor.cancelActor()
      const file = bed.notes('gone')
      const calls = [
        (actor as unknown as Portal<Functions>).run('anything'),
        actor.stream('failAfterItems', 3).next(),
        actor.openContext('waitForCancel', file),
      ]
      for (const error of await Promise.all(calls.map((call) => errorOf(call)))) {
        expect(error).toMatchObject({ code: 'FLOW_CHANNEL_BROKEN', peer: actor.actor })
      }
      expect(await bed.readNotes('gone')).toEqual([])
    })
  })
}
