import { describe, expect, it } from 'vitest'
import { currentActor, type Functions, NotExposedError, type Portal, StreamLaggedError } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import counts from '../fixtures/actors/counts.ts'
import relays from '../fixtures/actors/relays.ts'
import throws from '../fixtures/actors/throws.ts'
import { errorOf, remoteErrorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

describe('A call of another actor', () => {
  const { nursery, withActor } = openTreeBed()

  it('has the arguments and the result of a local one, by copy', async () => {
    await withActor(answers, async (portal) => {
      expect(await portal.run('add', 2, 3)).toBe(5)
      expect(await portal.run('nothing')).toBeUndefined()
      const value = {
        text: 'grün ✓',
        list: [1, -2.5, null, undefined, true],
        big: 2n ** 70n,
        date: new Date(0),
        map: new Map([['k', new Set([1, 2])]]),
        bytes: new Uint8Array([1, 2, 3]),
        deep: { a: { b: { c: [] } } },
      }
      const copy = await portal.run('echo', value)
      expect(copy).toEqual(value)
      expect(copy).not.toBe(value)
    })
  })

  it('runs in a process of its own, with its parent, its state and its environment', async () => {
    await nursery(async (nursery) => {
      const options = { state: { flavour: 'sour' }, env: { FLAVOUR: 'sweet' } }
      const portal = await nursery.startActor('mine', answers, options)
      const who = await portal.run('whoAmI')
      expect(who).toEqual({ name: 'mine', pid: expect.any(Number), parent: 'root', flavour: 'sour' })
      expect(who.pid).not.toBe(process.pid)
      expect(await portal.run('environment', 'FLAVOUR')).toBe('sweet')
      expect(currentActor().name).toBe('root')
      await portal.cancelActor()
    })
  })

  it('answers a thousand calls at once, each its own', async () => {
    await withActor(answers, async (portal) => {
      const sums = await Promise.all(Array.from({ length: 1000 }, (_, n) => portal.run('add', n, 1)))
      expect(sums).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1))
    })
  })

  it('throws what the function throws: message, name, stack, fields and the actor it comes from', async () => {
    await withActor(throws, async (portal) => {
      const error = await remoteErrorOf(portal.run('ticket'))
      expect(error).toMatchObject({
        name: 'RemoteActorError',
        message: 'sold out',
        remoteName: 'TicketError',
        fields: { row: 12, seats: ['a', 'b'] },
        actor: portal.actor,
        relayPath: [],
      })
      expect(error.remoteStack).toMatch(/ticket.*throws\.ts/)
    })
  })

  it('rebuilds an error of a built-in class or of ours as the cause', async () => {
    await withActor(throws, async (portal) => {
      const far = await remoteErrorOf(portal.run('rangeWithCause'))
      expect(far.cause).toBeInstanceOf(RangeError)
      expect(far.cause).toMatchObject({ message: 'too far', cause: new TypeError('not a number') })
      expect((far.cause as Error).cause).toBeInstanceOf(TypeError)

      const lagged = await remoteErrorOf(portal.run('ownClass'))
      expect(lagged.cause).toBeInstanceOf(StreamLaggedError)
      expect(lagged.cause).toMatchObject({ code: 'FLOW_STREAM_LAGGED', missedCount: 7 })
    })
  })

  it('brings the members of an AggregateError', async () => {
    await withActor(throws, async (portal) => {
      const error = await remoteErrorOf(portal.run('several'))
      expect(error).toMatchObject({ message: 'two of them', remoteName: 'AggregateError' })
      const { errors } = error.cause as AggregateError
      expect(errors).toMatchObject([
        { message: 'first', remoteName: 'TypeError' },
        { message: 'second', remoteName: 'TicketError', fields: { row: 3 } },
      ])
      expect((errors[0] as Error).cause).toBeInstanceOf(TypeError)
    })
  })

  it('brings what was thrown though it is no error', async () => {
    await withActor(throws, async (portal) => {
      expect(await remoteErrorOf(portal.run('text'))).toMatchObject({
        message: 'just text',
        remoteName: 'NonError',
        fields: { value: 'just text' },
      })
    })
  })

  it('names the actor that threw and those that passed the error on, over two hops', async () => {
    await nursery(async (nursery) => {
      const [far, near] = await Promise.all([nursery.startActor('far', relays), nursery.startActor('near', relays)])
      const error = await remoteErrorOf(near.run('callRelay', 'far'))
      expect(error).toMatchObject({ message: 'sold out', remoteName: 'TicketError', fields: { row: 12 } })
      expect(error.actor.name).toBe('thrower')
      expect(error.relayPath).toEqual([far.actor, near.actor])
      await Promise.all([far.cancelActor(), near.cancelActor()])
    })
  })

  it.for(['missing', 'constructor', '__proto__', 'toString', 'hasOwnProperty', ''])(
    "is refused for the name '%s', which is not exposed",
    async (name) => {
      await withActor(answers, async (portal) => {
        const untyped = portal as unknown as Portal<Functions>
        const said = `actor 'actor' does not expose '${name}'`
        for (const call of [
          untyped.run(name as never),
          untyped.stream(name as never).next(),
          untyped.openContext(name as never),
        ]) {
          const error = await errorOf(call)
          expect(error).toBeInstanceOf(NotExposedError)
          expect(error).toMatchObject({ message: said, functionName: name, actor: portal.actor })
        }
      })
    },
  )

  it('is refused as the wrong kind of call, with the right kind as advice', async () => {
    await withActor(counts, async (portal) => {
      const untyped = portal as unknown as Portal<Functions>
      const refused = async (call: Promise<unknown>) => {
        const error = await errorOf(call)
        expect(error).toBeInstanceOf(NotExposedError)
        return error.message
      }
      expect(await refused(untyped.run('count', 1))).toMatch(/'count' as a generator: use portal\.stream/)
      expect(await refused(untyped.run('countByContext', 1))).toMatch(/use portal\.openContext or portal\.stream/)
      expect(await refused(untyped.stream('readProgress' as never).next())).toMatch(/use portal\.run/)
      expect(await refused(untyped.openContext('count' as never, 1))).toMatch(/not as a context function/)
    })
  })
})
