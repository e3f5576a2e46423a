import { expect, it } from 'vitest'
import { moveOnAfter, openNursery, RemoteActorError, sleep } from '../../../index.ts'
import produces from '../../fixtures/actors/produces.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf } from '../../support/thrown.ts'
import { strikeUnderWay } from '../../support/time-limit.ts'

const endless = 1e9

describeEachFlavour('Leaving a stream', (bed) => {
  const producer = () => bed.shared(produces)
  const ended = { begun: 1, ended: 1 }

  it.for(['count', 'countAsync', 'countByContext'] as const)(
    'by break has run the finally of %s when the loop is left',
    async (name) => {
      const [portal, key] = [await producer(), bed.unique('break')]
      for await (const n of portal.stream(name, key, endless)) if (n === 10) break
      expect(await portal.run('progressOf', key)).toMatchObject(ended)
    },
  )

  it('by return has run the remote finally', async () => {
    const [portal, key] = [await producer(), bed.unique('return')]
    const first = async () => {
      for await (const n of portal.stream('countAsync', key, endless)) return n
      return undefined
    }
    expect(await first()).toBe(0)
    expect(await portal.run('progressOf', key)).toMatchObject(ended)
  })

  it('by a throw has run the remote finally, and throws the same error', async () => {
    const [portal, key] = [await producer(), bed.unique('throw')]
    const mine = new Error('mine')
    const loop = async () => {
      for await (const n of portal.stream('countAsync', key, endless)) if (n === 10) throw mine
    }
    expect(await errorOf(loop())).toBe(mine)
    expect(await portal.run('progressOf', key)).toMatchObject(ended)
  })

  it('by a break out of its batches, by dispose, by return() and by close() has run the remote finally', async () => {
    const [portal, key] = [await producer(), bed.unique('others')]
    for await (const items of portal.stream('count', key, endless).batches()) if (items.length > 0) break
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 1, ended: 1 })
    {
      await using stream = portal.stream('count', key, endless)
      await stream.next()
    }
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 2, ended: 2 })
    for (const end of ['return', 'close'] as const) {
      const stream = portal.stream('count', key, endless)
      await stream.next()
      await stream[end]()
      expect(await stream.next()).toEqual({ value: undefined, done: true })
    }
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 4, ended: 4 })
  })

  it('by a timeout has run the remote finally, while it waits there and here', async () => {
    const [portal, seen] = [await producer(), [] as number[]]
    const { value } = await strikeUnderWay(
      bed,
      async (limitMs, key) => {
        const { cancelled } = await moveOnAfter(limitMs, async () => {
          for await (const item of portal.stream('yieldAndWait', key)) seen.push(item)
        })
        return { cancelled, progress: await portal.run('progressOf', key) }
      },
      () => seen.length > 0,
    )
    expect({ ...value, seen }).toMatchObject({ cancelled: true, progress: ended, seen: [0] })
  })

  it('by a timeout that strikes while items keep coming, or while the loop waits for something else', async () => {
    const portal = await producer()
    for (const each of [async () => undefined, () => sleep(1e9)]) {
      let comes = false
      const { value } = await strikeUnderWay(
        bed,
        async (limitMs, key) => {
          const { cancelled } = await moveOnAfter(limitMs, async () => {
            for await (const _ of portal.stream('countAsync', key, endless)) {
              comes = true
              await each()
            }
          })
          return { cancelled, progress: await portal.run('progressOf', key) }
        },
        () => comes,
      )
      expect(value).toMatchObject({ cancelled: true, progress: { begun: 1, ended: 1 } })
    }
  })

  it('by the cancellation of its nursery has run the remote finally when that is left', async () => {
    const [portal, key] = [await producer(), bed.unique('nursery')]
    await openNursery(async (nursery) => {
      void nursery.startTask(async () => {
        for await (const _ of portal.stream('yieldAndWait', key)) nursery.cancel()
      })
    })
    expect(await portal.run('progressOf', key)).toMatchObject(ended)
  })

  it('waits for a finally that takes its time, and so does a cancellation', async () => {
    const [portal, key] = [await producer(), bed.unique('slow')]
    const before = performance.now()
    for await (const _ of portal.stream('endSlowly', key, 50)) break
    expect(performance.now() - before).toBeGreaterThanOrEqual(45)
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 1, ended: 1 })
    await openNursery(async (nursery) => {
      for await (const _ of portal.stream('endSlowly', key, 50)) nursery.cancel()
    })
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 2, ended: 2 })
  })

  it('throws what the remote finally throws', async () => {
    const portal = await producer()
    const loop = async () => {
      for await (const _ of portal.stream('failWhenLeft')) break
    }
    expect(await errorOf(loop())).toBeInstanceOf(RemoteActorError)
    expect(await errorOf(loop())).toMatchObject({ message: 'the clean-up failed' })
  })

  it('is quiet about a producer that fails by itself at the same moment', async () => {
    const portal = await producer()
    // The error has arrived behind the items, or is on its way, or is not thrown any more: the loop was left before it.
    for (const count of [1, 2, 500, 4_000, 5_000]) {
      for await (const n of portal.stream('failSoon', count)) if (n === 0) break
    }
    expect(await portal.run('progressOf', 'nothing')).toBeDefined()
  })

  it('before its first item has begun nothing', async () => {
    const [portal, key] = [await producer(), bed.unique('never begun')]
    const stream = portal.stream('count', key, 3)
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 0 })
    await stream.return()
    expect(await stream.next()).toEqual({ value: undefined, done: true })
    expect(await portal.run('progressOf', key)).toMatchObject({ begun: 0 })
  })

  it('leaves the actor and its other calls alone', async () => {
    const [portal, key] = [await producer(), bed.unique('others go on')]
    const leave = async () => {
      for await (const _ of portal.stream('countAsync', key, endless)) break
    }
    const [all] = await Promise.all([Array.fromAsync(portal.stream('countAsync', key, 20_000)), leave(), leave()])
    expect(all.length).toBe(20_000)
  })
})
