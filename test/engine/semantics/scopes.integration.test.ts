import { describe, expect, it } from 'vitest'
import {
  currentSignal,
  DeadlineExceededError,
  failAfter,
  moveOnAfter,
  openNursery,
  RemoteActorError,
  shield,
  sleep,
  UsageError,
} from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import converses from '../../fixtures/actors/converses.ts'
import waits from '../../fixtures/actors/waits.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'

describeEachFlavour('Scopes', (bed) => {
  describe('A scope', () => {
    const waiting = () => bed.shared(waits)
    const countOf = (lines: readonly string[], ending: string) => lines.filter((line) => line.endsWith(ending)).length

    it('of a nursery is left when the calls of its local tasks have ended', async () => {
      const [portal, file] = [await waiting(), bed.notes('tasks')]
      await openNursery(async (nursery) => {
        for (let n = 0; n < 3; n += 1) void nursery.startTask(() => portal.run('cleanUpShielded', file))
        await bed.noted('tasks', 'begun', 3)
        nursery.cancel()
      })
      expect(countOf(await bed.readNotes('tasks'), 'ended')).toBe(3)
    })

    it('of a nursery gives the values of its tasks and of its body', async () => {
      const adder = await bed.shared(answers)
      const sum = await openNursery(async (nursery) => {
        const parts = [1, 2, 3].map((n) => nursery.startTask(() => adder.run('add', n, n)))
        return (await Promise.all(parts)).reduce((a, b) => a + b)
      })
      expect(sum).toBe(12)
    })

    it('ends those inside it: a deadline three nurseries up ends the calls at the bottom', async () => {
      const portal = await waiting()
      const { value, lines } = await strikeUnderWay(
        bed,
        (limitMs, name) => {
          const call = () => portal.run('wait', bed.notes(name))
          return moveOnAfter(limitMs, () =>
            openNursery((outer) =>
              outer.startTask(() =>
                openNursery((middle) =>
                  middle.startTask(() => openNursery(() => Promise.allSettled([call(), call()]))),
                ),
              ),
            ),
          )
        },
        (lines) => countOf(lines, 'begun') === 2,
      )
      expect(value.cancelled).toBe(true)
      expect(countOf(lines, 'ended')).toBe(2)
    })

    it('with the nearer of two deadlines ends at that, and it is known which it was', async () => {
      const portal = await waiting()
      const inner = await strikeUnderWay(bed, (limitMs, name) =>
        moveOnAfter(1e9, async () => {
          const error = await errorOf(failAfter(limitMs, () => portal.run('wait', bed.notes(name))))
          expect(error).toBeInstanceOf(DeadlineExceededError)
          expect(error).toMatchObject({ limitMs })
          // The outer one goes on.
          return currentSignal().aborted
        }),
      )
      expect(inner.value).toEqual({ cancelled: false, value: false })
      expect(countOf(inner.lines, 'ended')).toBe(1)

      const outer = await strikeUnderWay(bed, async (limitMs, name) => {
        let error: unknown
        const { cancelled } = await moveOnAfter(limitMs, async () => {
          error = await errorOf(moveOnAfter(1e9, () => portal.run('wait', bed.notes(name))))
          await sleep(0)
        })
        expect(error).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs })
        return cancelled
      })
      expect(outer.value).toBe(true)
      expect(countOf(outer.lines, 'ended')).toBe(1)
    })

    it('that is cancelled still lets through what is shielded', async () => {
      const [portal, adder] = [await waiting(), await bed.shared(answers)]
      const sums: number[] = []
      const { cancelled } = await moveOnAfter(40, async () => {
        try {
          await portal.run('wait', bed.notes('shield'))
        } finally {
          sums.push(await shield(() => adder.run('add', 1, 2)))
          const refused = await errorOf(adder.run('add', 1, 2))
          expect(refused).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED' })
        }
      })
      expect({ cancelled, sums }).toEqual({ cancelled: true, sums: [3] })
    })

    it('reaches through an actor in between to the one behind it', async () => {
      const portal = await bed.shared(converses)
      let waits = false
      const { value, lines } = await strikeUnderWay(
        bed,
        (limitMs, name) =>
          moveOnAfter(limitMs, async () => {
            await using open = await portal.openContext('waitThrough', portal.actor.name, bed.notes(name))
            for await (const _ of open.stream) waits = true
          }),
        () => waits,
      )
      expect(value.cancelled).toBe(true)
      expect(lines).toContain('signal aborted: true')
    })

    it('that ends by its deadline leaves an open context without a word of its own', async () => {
      const portal = await bed.shared(converses)
      let waits = false
      const open = (limitMs: number, name: string) =>
        moveOnAfter(limitMs, async () => {
          await using open = await portal.openContext('waitForCancel', bed.notes(name))
          for await (const _ of open.stream) waits = true
        })
      // Before it is open, or just when it is.
      for (const limitMs of [0, 1, 2, 5]) expect((await open(limitMs, 'context left')).cancelled).toBe(true)
      waits = false
      const { value, lines } = await strikeUnderWay(bed, open, () => waits)
      expect(value.cancelled).toBe(true)
      expect(lines).toContain('signal aborted: true')
    })
  })

  describe('A portal with options', () => {
    const waiting = () => bed.shared(waits)

    it('ends a call and a stream at its time limit, when what ran there has ended', async () => {
      const portal = await waiting()
      const call = await strikeUnderWay(bed, async (timeoutMs, name) => {
        const error = await errorOf(portal.with({ timeoutMs }).run('wait', bed.notes(name)))
        expect(error).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: timeoutMs })
      })
      expect(call.lines.length).toBe(2)

      let ticks = false
      const stream = await strikeUnderWay(
        bed,
        async (timeoutMs, name) => {
          const read = async () => {
            for await (const _ of portal.with({ timeoutMs }).stream('tick', bed.notes(name))) ticks = true
          }
          expect(await errorOf(read())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: timeoutMs })
        },
        () => ticks,
      )
      expect(stream.lines.length).toBe(1)
    })

    it('ends a call and a stream by its signal, with the reason of that', async () => {
      const [portal, file] = [await waiting(), bed.notes('signal')]
      const mine = new Error('mine')
      const controller = new AbortController()
      const call = errorOf(portal.with({ signal: controller.signal }).run('wait', file))
      await bed.noted('signal', 'begun')
      controller.abort(mine)
      expect(await call).toBe(mine)
      expect((await bed.readNotes('signal')).length).toBe(2)

      const second = new AbortController()
      const read = async () => {
        for await (const n of portal.with({ signal: second.signal }).stream('tick', file)) {
          if (n === 2) second.abort(mine)
        }
      }
      expect(await errorOf(read())).toBe(mine)
      expect((await bed.readNotes('signal')).length).toBe(3)
    })

    it('ends a context at its time limit or by its signal', async () => {
      const portal = await bed.shared(converses)
      let waits = false
      const { lines } = await strikeUnderWay(
        bed,
        async (timeoutMs, name) => {
          const limited = await portal.with({ timeoutMs }).openContext('waitForCancel', bed.notes(name))
          const read = async () => {
            for await (const _ of limited.stream) waits = true
          }
          expect(await errorOf(read())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED' })
          expect(await errorOf(limited.result())).toMatchObject({ code: 'FLOW_DEADLINE_EXCEEDED', limitMs: timeoutMs })
        },
        () => waits,
      )
      expect(lines).toContain('signal aborted: true')

      const mine = new Error('mine')
      const controller = new AbortController()
      const signalled = await portal
        .with({ signal: controller.signal })
        .openContext('waitForCancel', bed.notes('context'))
      await signalled.stream.next()
      controller.abort(mine)
      expect(await errorOf(signalled.result())).toBe(mine)
      expect(await bed.readNotes('context')).toContain('signal aborted: true')
    })

    it('has them beside those that it had, and leaves the first portal as it was', async () => {
      const [portal, adder] = [await waiting(), await bed.shared(answers)]
      const file = bed.notes('both')
      const mine = new Error('mine')
      const signalled = portal.with({ signal: AbortSignal.abort(mine) })
      expect(await errorOf(signalled.with({ timeoutMs: 10_000 }).run('wait', file))).toBe(mine)
      const unlimited = adder.with({ timeoutMs: 10_000, headers: { 'x-request': '1' }, windowCount: 1, windowBytes: 1 })
      expect(await unlimited.run('add', 1, 2)).toBe(3)
      expect(await adder.run('add', 1, 2)).toBe(3)
      expect(unlimited.actor).toEqual(adder.actor)
    })

    it('refuses those with which no call could get anywhere', async () => {
      const portal = await waiting()
      for (const options of [
        { windowCount: 0 },
        { windowBytes: -1 },
        { windowCount: 1.5 },
        { timeoutMs: Number.NaN },
      ]) {
        expect(() => portal.with(options)).toThrow(UsageError)
      }
    })
  })

  describe('An error while something cleans up', () => {
    const waiting = () => bed.shared(waits)

    it('in another actor is reported together with the first cause', async () => {
      const [portal, name] = [await waiting(), 'clean-up there']
      const mine = new Error('mine')
      const error = await errorOf(
        openNursery(async (nursery) => {
          void nursery.startTask(() => portal.run('failWhenCancelled', bed.notes(name)))
          await bed.noted(name, 'begun')
          throw mine
        }),
      )
      expect(error).toBeInstanceOf(AggregateError)
      const [first, second, ...more] = (error as AggregateError).errors
      expect(first).toBe(mine)
      expect(second).toBeInstanceOf(RemoteActorError)
      expect(second).toMatchObject({ message: 'the clean-up failed', remoteName: 'RangeError', actor: portal.actor })
      expect(more).toEqual([])
    })

    it('in a local task is reported together with the failure of another actor', async () => {
      const portal = await waiting()
      const cleanUp = new Error('the local clean-up failed')
      const error = await errorOf(
        openNursery(async (nursery) => {
          void nursery.startTask(async () => {
            try {
              await portal.run('wait', bed.notes('clean-up here'))
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- That is the case: the clean-up fails.
              throw cleanUp
            }
          })
          await bed.noted('clean-up here', 'begun')
          await (portal as unknown as { run(name: string): Promise<void> }).run('missing')
        }),
      )
      expect(error).toBeInstanceOf(AggregateError)
      const { errors } = error as AggregateError
      expect(errors[0]).toMatchObject({ code: 'FLOW_NOT_EXPOSED' })
      expect(errors[1]).toBe(cleanUp)
    })

    it('is not lost when it was only time that ran out', async () => {
      const portal = await waiting()
      const { value } = await strikeUnderWay(bed, (limitMs, name) =>
        errorOf(moveOnAfter(limitMs, () => portal.run('failWhenCancelled', bed.notes(name)))),
      )
      expect(value).toMatchObject({ message: 'the clean-up failed', remoteName: 'RangeError' })
    })

    it('in a nursery inside comes out with the error that ended it', async () => {
      const [portal, name] = [await waiting(), 'nested clean-up']
      const mine = new Error('mine')
      const error = await errorOf(
        openNursery(async () => {
          await openNursery(async (inner) => {
            void inner.startTask(() => portal.run('failWhenCancelled', bed.notes(name)))
            await bed.noted(name, 'begun')
            throw mine
          })
        }),
      )
      expect((error as AggregateError).errors).toMatchObject([mine, { message: 'the clean-up failed' }])
    })
  })
})
