import { readdir, readFile, readlink } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { currentActor, openNursery, RemoteActorError, StreamLaggedError } from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import relays from '../../fixtures/actors/relays.ts'
import reuses from '../../fixtures/actors/reuses.ts'
import throws from '../../fixtures/actors/throws.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf, remoteErrorOf } from '../../support/thrown.ts'

describeEachFlavour('A call', (bed) => {
  it('has the arguments and the result of a local one, by copy', async () => {
    const portal = await bed.shared(answers)
    expect(await portal.run('add', 2, 3)).toBe(5)
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
    expect((copy as typeof value).deep).not.toBe(value.deep)
  })

  it('takes synchronous and asynchronous functions, whether they return something, null or nothing', async () => {
    const portal = await bed.shared(answers)
    expect(await portal.run('nothing')).toBeUndefined()
    expect(await portal.run('nothingLater')).toBeUndefined()
    expect(await portal.run('nil')).toBeNull()
    for (const value of [undefined, null, 0, '', false, Number.NaN]) expect(await portal.run('echo', value)).toBe(value)
  })

  it('leaves its arguments as they are, whatever the function does with them', async () => {
    const portal = await bed.shared(reuses)
    const list = [1, 2]
    expect(await portal.run('changesItsArgument', list)).toBe(3)
    expect(list).toEqual([1, 2])
  })

  it('has the result as it was at its return, though the actor goes on changing it', async () => {
    const portal = await bed.shared(reuses)
    expect(await portal.run('remembers', 'first')).toEqual(['first'])
    expect(await portal.run('remembers', 'second')).toEqual(['first', 'afterwards', 'second'])
  })

  it('has items as they were at their yield, though the same object is changed and yielded again', async () => {
    const portal = await bed.shared(reuses)
    const items = await Array.fromAsync(portal.stream('oneObject', 20))
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
    expect(items).toEqual(numbers.map((n) => ({ n, seen: numbers.slice(0, n) })))
  })

  it('runs in the actor, with its name, its parent and its state', async () => {
    const options = { name: 'mine', state: { flavour: 'sour' } }
    await bed.withActor(
      answers,
      async (portal) => {
        const parent = bed.byName ? 'keeper' : 'root'
        expect(await portal.run('whoAmI')).toMatchObject({ name: 'mine', parent, flavour: 'sour' })
        expect(currentActor().name).toBe('root')
      },
      options,
    )
  })

  it.skipIf(!bed.hasOwnProcess)(
    `runs in a process of its own, with an environment of its own${bed.whyNot('hasOwnProcess')}`,
    async () => {
      const use = async (portal: Awaited<ReturnType<typeof bed.start<typeof answers.functions>>>) => {
        expect((await portal.run('whoAmI')).pid).not.toBe(process.pid)
        expect(await portal.run('environment', 'FLAVOUR')).toBe('sweet')
      }
      await bed.withActor(answers, use, { env: { FLAVOUR: 'sweet' } })
    },
  )

  it('goes over the transport of its flavour', async () => {
    await (await bed.shared(answers)).run('add', 1, 2)
    expect((await tcpConnectionCount()) > 0).toBe(bed.name === 'process by name over tcp')
  })

  it('is answered on its own, however many others there are at once', async () => {
    const portal = await bed.shared(answers)
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, n) => portal.run('add', n, 1)))
    expect(sums).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1))
  })

  it('throws what the function throws: message, name, stack, fields and the actor it comes from', async () => {
    const portal = await bed.shared(throws)
    const error = await remoteErrorOf(portal.run('ticket'))
    expect(error).toMatchObject({
      name: 'RemoteActorError',
      code: 'FLOW_REMOTE',
      message: 'sold out',
      remoteName: 'TicketError',
      fields: { row: 12, seats: ['a', 'b'] },
      actor: portal.actor,
      relayPath: [],
    })
    expect(error.remoteStack).toMatch(/ticket.*throws\.ts/)
    expect(await remoteErrorOf(portal.run('rejectsLater'))).toMatchObject({ message: 'later', fields: { row: 1 } })
  })

  it('rebuilds an error of a built-in class or of ours as the cause, with its own cause', async () => {
    const portal = await bed.shared(throws)
    const far = await remoteErrorOf(portal.run('rangeWithCause'))
    expect(far.cause).toBeInstanceOf(RangeError)
    expect(far.cause).toMatchObject({ message: 'too far', cause: new TypeError('not a number') })
    expect((far.cause as Error).cause).toBeInstanceOf(TypeError)

    const lagged = await remoteErrorOf(portal.run('ownClass'))
    expect(lagged.cause).toBeInstanceOf(StreamLaggedError)
    expect(lagged.cause).toMatchObject({ code: 'FLOW_STREAM_LAGGED', missedCount: 7 })
  })

  it('does not rebuild an error of a class that is only known there', async () => {
    const error = await remoteErrorOf((await bed.shared(throws)).run('ticket'))
    expect(error.cause).toBeUndefined()
  })

  it('brings the members of an AggregateError', async () => {
    const error = await remoteErrorOf((await bed.shared(throws)).run('several'))
    expect(error).toMatchObject({ message: 'two of them', remoteName: 'AggregateError' })
    const { errors } = error.cause as AggregateError
    expect(errors).toMatchObject([
      { message: 'first', remoteName: 'TypeError' },
      { message: 'second', remoteName: 'TicketError', fields: { row: 3 } },
    ])
    expect(errors[0]).toBeInstanceOf(RemoteActorError)
    expect((errors[0] as Error).cause).toBeInstanceOf(TypeError)
  })

  it('brings what was thrown though it is no error', async () => {
    const portal = await bed.shared(throws)
    const asNoError = { remoteName: 'NonError', actor: portal.actor }
    expect(await remoteErrorOf(portal.run('text'))).toMatchObject({
      ...asNoError,
      message: 'just text',
      fields: { value: 'just text' },
    })
    expect(await remoteErrorOf(portal.run('throwUndefined'))).toMatchObject({ ...asNoError, message: 'undefined' })
    expect(await remoteErrorOf(portal.run('plainObject'))).toMatchObject({
      ...asNoError,
      message: expect.stringContaining('404'),
      fields: { value: { status: 404 } },
    })
  })

  it('names the actor that threw and those that passed the error on, over two hops', async () => {
    await openNursery(async (nursery) => {
      const [far, near] = await Promise.all([bed.start(nursery, 'far', relays), bed.start(nursery, 'near', relays)])
      const error = await remoteErrorOf(near.run('callRelay', 'far', bed.spawn))
      expect(error).toMatchObject({ message: 'sold out', remoteName: 'TicketError', fields: { row: 12 } })
      expect(error.actor.name).toBe('thrower')
      expect(error.relayPath).toEqual([far.actor, near.actor])
      expect(error.remoteStack).toMatch(/ticket.*throws\.ts/)
      nursery.cancel()
    })
  })

  it('that fails leaves the actor as it was', async () => {
    const portal = await bed.shared(throws)
    const failures = await Promise.all(Array.from({ length: 50 }, () => errorOf(portal.run('ticket'))))
    expect(failures.every((error) => error instanceof RemoteActorError)).toBe(true)
    expect(new Set(failures).size).toBe(50)
  })
})

/** How many TCP connections this process has that are established. */
async function tcpConnectionCount(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd')
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  const table = (await readFile('/proc/self/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/))
  return table.filter(([, , , state, , , , , , inode]) => state === '01' && targets.includes(`socket:[${inode}]`))
    .length
}
