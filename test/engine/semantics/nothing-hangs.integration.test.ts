import { describe, expect, it } from 'vitest'
import {
  type Functions,
  moveOnAfter,
  NotEncodableError,
  NotExposedError,
  openNursery,
  type Portal,
  SpawnError,
  sleep,
  waitForActor,
} from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import converses from '../../fixtures/actors/converses.ts'
import crashes from '../../fixtures/actors/crashes.ts'
import produces from '../../fixtures/actors/produces.ts'
import unsendables from '../../fixtures/actors/unsendables.ts'
import waits from '../../fixtures/actors/waits.ts'
import { kinds, unsendable } from '../../fixtures/unsendable.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf, remoteErrorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'

describeEachFlavour('Nothing hangs', (bed) => {
  describe('A value that cannot travel', () => {
    const unable = () => bed.shared(unsendables)

    it.for(kinds)('(%s) is an error at its sender as an argument of each kind of call', async (kind) => {
      const portal = await unable()
      for (const call of [
        portal.run('give', unsendable(kind) as never),
        portal.stream('yieldAmongOthers', unsendable(kind) as never).next(),
        portal.openContext('startWith', unsendable(kind) as never),
      ]) {
        expect(await errorOf(call)).toBeInstanceOf(NotEncodableError)
      }
    })

    it.for(kinds)('(%s) is an error at its sender as an item of a context, which goes on', async (kind) => {
      await using open = await (await unable()).openContext('takeAll')
      await open.stream.send('sendable')
      expect(await errorOf(open.stream.send(unsendable(kind)))).toBeInstanceOf(NotEncodableError)
      await open.stream.send('sendable')
      await open.stream.close()
      expect(await open.result()).toBe(2)
    })

    it.for(kinds)(
      '(%s) is an error at the call as a result, of a context too, and as a started value',
      async (kind) => {
        const portal = await unable()
        expect((await remoteErrorOf(portal.run('give', kind))).cause).toBeInstanceOf(NotEncodableError)
        expect((await remoteErrorOf(portal.openContext('startWith', kind))).cause).toBeInstanceOf(NotEncodableError)
        await using open = await portal.openContext('returnAfterStart', kind)
        expect((await remoteErrorOf(open.result())).cause).toBeInstanceOf(NotEncodableError)
      },
    )

    it.for(kinds)(
      '(%s) is an error at its yield, where it can be caught, and after the items before it',
      async (kind) => {
        const portal = await unable()
        const stream = portal.stream('yieldAmongOthers', kind)
        expect(await stream.next()).toEqual({ value: 1, done: false })
        const error = await remoteErrorOf(stream.next())
        expect(error.cause).toBeInstanceOf(NotEncodableError)
        expect(error.message).toMatch(/^a value cannot be sent to another actor: '?inside/)
        expect(await Array.fromAsync(portal.stream('yieldAndCatch', kind))).toEqual(['NotEncodableError'])
        expect(await Array.fromAsync(portal.stream('sendAndCatch', kind))).toEqual(['NotEncodableError'])
      },
    )

    it.for(kinds)(
      '(%s) does not keep an error from arriving, as a field or a cause of it or thrown itself',
      async (kind) => {
        const portal = await unable()
        expect(await remoteErrorOf(portal.run('failWith', kind))).toMatchObject({
          message: 'has a field',
          fields: { sent: 'arrives', field: expect.any(String) },
        })
        expect((await remoteErrorOf(portal.run('failBecauseOf', kind))).message).toBe('has a cause')
        expect((await remoteErrorOf(portal.run('throwItself', kind))).remoteName).toBe('NonError')
      },
    )
  })

  describe('A call that makes no sense', () => {
    it.for(['missing', 'constructor', '__proto__', 'toString', 'hasOwnProperty', ''])(
      "is refused for the name '%s', which is not exposed",
      async (name) => {
        const portal = await bed.shared(answers)
        const untyped = portal as unknown as Portal<Functions>
        const said = `actor '${portal.actor.name}' does not expose '${name}'`
        for (const call of [
          untyped.run(name as never),
          untyped.stream(name as never).next(),
          untyped.openContext(name as never),
        ]) {
          const error = await errorOf(call)
          expect(error).toBeInstanceOf(NotExposedError)
          expect(error).toMatchObject({ message: said, functionName: name, actor: portal.actor })
        }
      },
    )

    it('is refused as the wrong kind of call, with the right kind as advice', async () => {
      const untyped = (await bed.shared(produces)) as unknown as Portal<Functions>
      const refused = async (call: Promise<unknown>) => {
        const error = await errorOf(call)
        expect(error).toBeInstanceOf(NotExposedError)
        return error.message
      }
      expect(await refused(untyped.run('count', 'a', 1))).toMatch(/'count' as a generator: use portal\.stream/)
      expect(await refused(untyped.run('countByContext', 'a', 1))).toMatch(/use portal\.openContext or portal\.stream/)
      expect(await refused(untyped.stream('progressOf' as never, 'a').next())).toMatch(/use portal\.run/)
      expect(await refused(untyped.openContext('count' as never, 'a', 1))).toMatch(/not as a context function/)
    })

    it('for a context whose function returns without started() is refused', async () => {
      const error = await errorOf((await bed.shared(converses)).openContext('neverStart'))
      expect(error.message).toMatch(/'neverStart' returned without calling started\(\)/)
    })

    it('for a context whose function calls started() twice fails', async () => {
      const open = await (await bed.shared(converses)).openContext('startTwice')
      expect((await errorOf(open.result())).message).toMatch(/'startTwice' called started\(\) twice/)
    })

    it('for a context whose function sends an item before started() is refused, but not for its stream', async () => {
      const portal = await bed.shared(converses)
      const error = await errorOf(portal.openContext('sendBeforeStart'))
      expect(error.message).toMatch(/'sendBeforeStart' sent an item before it called started\(\)/)
      // As a stream there is no started() to wait for.
      expect(await Array.fromAsync(portal.stream('sendBeforeStart'))).toEqual([1])
    })

    it.skipIf(!bed.hasOwnModules)(
      `to an actor whose module does not load does not come to be: its start fails${bed.whyNot('hasOwnModules')}`,
      async () => {
        const broken = { ...answers, url: new URL('throws-while-loading.ts', answers.url).href }
        let error: unknown
        const nursery = openNursery(async (nursery) => {
          error = await errorOf(nursery.startActor('broken', broken, bed.spawn))
          nursery.cancel()
        })
        await nursery
        expect(error).toBeInstanceOf(SpawnError)
        expect(error).toMatchObject({
          code: 'FLOW_SPAWN',
          message: "actor 'broken' did not start: RangeError: not on a Monday",
          actor: { name: 'broken' },
        })
      },
    )
  })

  describe('A consumer that never reads', () => {
    it('holds up nobody but its producer, and is cancelled as any other', async () => {
      const portal = await bed.shared(produces)
      let othersEnded = false
      const { value } = await strikeUnderWay(
        bed,
        (limitMs, key) =>
          moveOnAfter(limitMs, async () => {
            const stream = portal.stream('countAsync', key, 1e9)
            await stream.next()
            for (let n = 0; n < 20; n += 1) await portal.run('progressOf', key)
            expect((await Array.fromAsync(portal.stream('count', 'other', 10_000))).length).toBe(10_000)
            othersEnded = true
            await sleep(1e9)
          }),
        () => othersEnded,
      )
      expect({ ...value, othersEnded }).toEqual({ cancelled: true, othersEnded: true })
    })

    it('of a context has the result all the same', async () => {
      await using open = await (await bed.shared(converses)).openContext('failAfterItems', 100)
      expect(await errorOf(open.result())).toMatchObject({ message: 'no more of them' })
    })
  })

  it('interrupts the body at whatever engine wait it is, when a run-once actor fails', async () => {
    const portal = await bed.shared(waits)
    const [producer, conversing] = [await bed.shared(produces), await bed.shared(converses)]
    const [file, key] = [bed.notes('interrupted'), bed.unique('interrupted')]
    let interrupted: readonly Error[] = []
    const error = await errorOf(
      openNursery(async (nursery) => {
        const spawning = nursery.with(bed.spawn)
        const send = async () => {
          await using open = await conversing.openContext('takeFew', 1)
          for (;;) await open.stream.send(1)
        }
        const result = async () => await (await spawning.runInActor('waiting', waits, 'wait', file)).result()
        const start = async () => {
          for (let n = 0; ; n += 1) await spawning.runInActor(`child ${n}`, answers, 'add', 1, 2)
        }
        const all = [
          sleep(1e9),
          portal.run('wait', file),
          Array.fromAsync(producer.stream('yieldAndWait', key)),
          send(),
          conversing.openContext('startInVain', file),
          waitForActor('nobody', answers),
          result(),
          start(),
        ].map((wait) => errorOf(wait as Promise<unknown>))
        await bed.noted('interrupted', 'waiting begun')
        void spawning.runInActor('failing', crashes, 'fail', 'of its own').catch(() => undefined)
        interrupted = await Promise.all(all)
        throw interrupted[0] as Error
      }),
    )
    expect(error).toMatchObject({ message: 'of its own', actor: { name: 'failing' } })
    expect(interrupted.length).toBe(8)
    for (const each of interrupted) {
      expect(each).toMatchObject({ code: 'FLOW_CONTEXT_CANCELLED', cause: { message: 'of its own' } })
    }
  })
})
