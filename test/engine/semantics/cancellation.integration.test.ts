import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import {
  ActorTooSlowError,
  ContextCancelledError,
  currentSignal,
  DeadlineExceededError,
  failAfter,
  findActor,
  moveOnAfter,
  openNursery,
  sleep,
} from '../../../index.ts'
import cancels from '../../fixtures/actors/cancels.ts'
import converses from '../../fixtures/actors/converses.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'

describeEachFlavour('Cancellation', (bed) => {
  describe('Cancelling a caller', () => {
    const waiting = () => bed.shared(waits)
    const stagesIn = (lines: readonly string[]) => lines.map((line) => line.replace(/^shared /, ''))
    const stages = async (name: string) => stagesIn(await bed.readNotes(name))

    it('cancels what runs for it, waits for its finally and ends with the reason of the caller', async () => {
      const portal = await waiting()
      const mine = new Error('mine')
      const error = await errorOf(
        openNursery(async (nursery) => {
          void nursery.startTask(async () => {
            await bed.noted('caller', 'begun')
            throw mine
          })
          const interrupted = await errorOf(portal.run('wait', bed.notes('caller')))
          expect(await stages('caller')).toEqual(['begun', 'ended'])
          expect(interrupted).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', cause: mine })
          throw interrupted
        }),
      )
      expect(error).toBe(mine)
    })

    it('by moveOnAfter and failAfter cancels what runs for it', async () => {
      const portal = await waiting()
      const moved = await strikeUnderWay(bed, (limitMs, name) =>
        moveOnAfter(limitMs, () => portal.run('wait', bed.notes(name))),
      )
      expect(moved.value).toEqual({ cancelled: true })
      expect(stagesIn(moved.lines)).toEqual(['begun', 'ended'])
      const failed = await strikeUnderWay(bed, async (limitMs, name) => {
        const error = await errorOf(failAfter(limitMs, () => portal.run('wait', bed.notes(name))))
        expect(error).toBeInstanceOf(DeadlineExceededError)
        expect(error).toMatchObject({ limitMs })
      })
      expect(stagesIn(failed.lines)).toEqual(['begun', 'ended'])
    })

    it('waits for a clean-up that is shielded', async () => {
      const portal = await waiting()
      const { value, lines } = await strikeUnderWay(bed, (limitMs, name) =>
        moveOnAfter(limitMs, () => portal.run('cleanUpShielded', bed.notes(name))),
      )
      expect(value).toEqual({ cancelled: true })
      expect(stagesIn(lines)).toEqual(['begun', 'ended'])
    })

    it('that is cancelled already calls nothing', async () => {
      const [portal, file] = [await waiting(), bed.notes('already')]
      const mine = new Error('mine')
      const limited = portal.with({ signal: AbortSignal.abort(mine) })
      expect(await errorOf(limited.run('wait', file))).toBe(mine)
      expect(await errorOf(limited.stream('tick', file).next())).toBe(mine)
      expect(await stages('already')).toEqual([])
    })

    it('does not wait longer for its callee than the grace of that', async () => {
      const use = async (portal: Awaited<ReturnType<typeof waiting>>) => {
        const file = bed.notes('too slow')
        const controller = new AbortController()
        const call = errorOf(portal.with({ signal: controller.signal }).run('ignoreCancellation', file))
        await bed.noted('too slow', 'begun')
        controller.abort(new Error('enough'))
        const error = await call
        expect(error).toBeInstanceOf(ActorTooSlowError)
        expect(error).toMatchObject({ actor: portal.actor, graceMs: 50 })
        // It may hear of it only afterwards.
        await bed.noted('too slow', 'asked')
      }
      await bed.withActor(waits, use, { cancelGraceMs: 50 })
    })

    it.skipIf(!bed.hasOwnLoop)(
      `is known to the callee beforehand: a deadline travels with the call${bed.whyNot('hasOwnLoop')}`,
      async () => {
        const portal = await waiting()
        let blocked = false
        const { value, lines } = await strikeUnderWay(
          bed,
          (limitMs, name) =>
            moveOnAfter(limitMs, async () => {
              const call = portal.run('noteAbort', bed.notes(name))
              await Promise.race([bed.noted(name, 'begun'), call])
              // Blocks its own event loop past the deadline: only the callee's clock can notice.
              blocked = !currentSignal().aborted
              const until = performance.now() + 10_000
              const isAborted = () => readFileSync(bed.notes(name), 'utf8').includes('aborted')
              if (blocked) while (!isAborted() && performance.now() < until);
              await call
              await sleep(0)
            }),
          () => blocked,
        )
        expect(value.cancelled).toBe(true)
        expect(lines).toEqual(['begun', 'aborted: DeadlineExceededError'])
      },
    )
  })

  describe('A context', () => {
    const conversing = () => bed.shared(converses)

    it('that its caller cancels tells the callee who did it and why, and its caller the same', async () => {
      const file = bed.notes('by the caller')
      await using open = await (await conversing()).openContext('waitForCancel', file)
      expect(await open.stream.next()).toEqual({ value: 'waiting', done: false })
      await open.cancel('enough of it')
      expect(await bed.readNotes('by the caller')).toEqual(['cancelled by root: enough of it', 'signal aborted: true'])
      const error = await errorOf(open.result())
      expect(error).toBeInstanceOf(ContextCancelledError)
      expect(error).toMatchObject({ canceller: { name: 'root' }, reason: 'enough of it' })
    })

    it('that its callee cancels tells the caller, at each of its waits and after the items', async () => {
      const portal = await conversing()
      const open = await portal.openContext('cancelItself', bed.notes('by the callee'), 'tired')
      const items: number[] = []
      const read = async () => {
        for await (const n of open.stream) items.push(n)
      }
      const error = await errorOf(read())
      expect(error).toBeInstanceOf(ContextCancelledError)
      expect(error).toMatchObject({ canceller: portal.actor, reason: 'tired' })
      expect(items).toEqual([1])
      expect(await bed.readNotes('by the callee')).toEqual(['finally'])
      expect(await errorOf(open.result())).toMatchObject({ canceller: portal.actor, reason: 'tired' })
      expect(await errorOf(open.stream.send(1 as never))).toMatchObject({ canceller: portal.actor, reason: 'tired' })
    })

    it('whose function has returned before the cancel arrives keeps its result', async () => {
      const open = await (await conversing()).openContext('returnAtOnce', bed.notes('returned'))
      await bed.noted('returned', 'returned')
      await open.cancel('too late')
      expect(await open.result()).toBe('the result')
      await open[Symbol.asyncDispose]()
    })

    it('that is cancelled a second time has the first reason', async () => {
      const open = await (await conversing()).openContext('waitForCancel', bed.notes('twice'))
      await Promise.all([open.cancel('first'), open.cancel('second')])
      await open.cancel('third')
      expect(await errorOf(open.result())).toMatchObject({ reason: 'first' })
      expect(await bed.readNotes('twice')).toContain('cancelled by root: first')
    })

    it('that is cancelled by another task interrupts the one that waits on it', async () => {
      const open = await (await conversing()).openContext('waitForCancel', bed.notes('other task'))
      await open.stream.next()
      const [interrupted] = await Promise.all([errorOf(open.stream.next()), open.cancel('by another')])
      expect(interrupted).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', reason: 'by another' })
      expect(await bed.readNotes('other task')).toContain('signal aborted: true')
    })

    it('is cancelled through an actor in between', async () => {
      const portal = await conversing()
      await using open = await portal.openContext('waitThrough', portal.actor.name, bed.notes('through'))
      expect(await open.stream.next()).toEqual({ value: 'waiting', done: false })
      await open.cancel('enough of it')
      expect(await bed.readNotes('through')).toEqual([
        expect.stringMatching(`^cancelled by ${portal.actor.name}: `),
        'signal aborted: true',
      ])
      expect(await errorOf(open.result())).toMatchObject({ canceller: { name: 'root' }, reason: 'enough of it' })
    })
  })

  describe('Cancelling an actor', () => {
    it('from a third one tells whoever waits on it who did it and why, once its finally has run', async () => {
      const file = bed.notes('third')
      await openNursery(async (nursery) => {
        const [actor, third] = await Promise.all([
          bed.start(nursery, 'cancelled', waits),
          bed.start(nursery, 'third', cancels),
        ])
        const calls = [errorOf(actor.run('wait', file)), errorOf(Array.fromAsync(actor.stream('tick', file)))]
        await bed.noted('third', 'begun')
        await third.run('cancelByName', 'cancelled', 'in my way')
        for (const call of calls) {
          const error = await call
          expect(error).toBeInstanceOf(ContextCancelledError)
          expect(error).toMatchObject({ canceller: third.actor, reason: 'in my way' })
        }
        expect((await bed.readNotes('third')).sort()).toEqual(['cancelled begun', 'cancelled ended', 'cancelled ended'])
        expect(await findActor('cancelled', waits)).toBeUndefined()
        nursery.cancel()
      })
    })

    it('from its caller raises in an open context, which did not ask for it itself', async () => {
      await openNursery(async (nursery) => {
        const actor = await bed.start(nursery, 'conversing', converses)
        const file = bed.notes('own')
        const use = async () => {
          await using open = await actor.openContext('waitForCancel', file)
          await open.stream.next()
          await actor.cancelActor('not needed any more')
          expect(await bed.readNotes('own')).toEqual(['cancelled by root: not needed any more', 'signal aborted: true'])
          await open.result()
        }
        const error = await errorOf(use())
        expect(error).toBeInstanceOf(ContextCancelledError)
        expect(error).toMatchObject({ canceller: { name: 'root' }, reason: 'not needed any more' })
        nursery.cancel()
      })
    })

    it('that does not listen is over after its graces', async () => {
      const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      try {
        await openNursery(async (nursery) => {
          const graces = { cancelGraceMs: 100, terminateGraceMs: 100 }
          const actor = await bed.start(nursery, 'stubborn', waits, graces)
          void nursery.startTask(() => actor.run('ignoreCancellation', bed.notes('stubborn')))
          await bed.noted('stubborn', 'begun')
          nursery.cancel()
        })
      } finally {
        stderr.mockRestore()
      }
      expect(await findActor('stubborn', waits)).toBeUndefined()
    })
  })
})
