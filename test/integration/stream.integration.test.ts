import { describe, expect, it } from 'vitest'
import { moveOnAfter, RemoteActorError, sleep } from '../../index.ts'
import counts from '../fixtures/actors/counts.ts'
import maps from '../fixtures/actors/maps.ts'
import throws from '../fixtures/actors/throws.ts'
import { errorOf, remoteErrorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('A stream of another actor', () => {
  const { nursery, withActor } = openTreeBed()

  it('has the items of a generator, synchronous or not, of batches and of a context function', async () => {
    await withActor(counts, async (portal) => {
      const all = upTo(10_000)
      expect(await Array.fromAsync(portal.stream('count', 10_000))).toEqual(all)
      expect(await Array.fromAsync(portal.stream('countAsync', 10_000))).toEqual(all)
      expect(await Array.fromAsync(portal.stream('countInBatches', 10_000, 999))).toEqual(all)
      expect(await Array.fromAsync(portal.stream('countByContext', 10_000))).toEqual(all)
      expect(await Array.fromAsync(portal.stream('count', 0))).toEqual([])
    })
  })

  it('hands out whatever has arrived as arrays, none of them empty', async () => {
    await withActor(counts, async (portal) => {
      const batches = await Array.fromAsync(portal.stream('count', 20_000).batches())
      expect(batches.flat()).toEqual(upTo(20_000))
      expect(batches.length).toBeLessThan(2_000)
      expect(batches.every((batch) => batch.length > 0)).toBe(true)
    })
  })

  it('does not start before the first item is asked for', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('count', 3)
      expect(await portal.run('readProgress')).toMatchObject({ begun: 0 })
      await stream.return()
      expect(await portal.run('readProgress')).toMatchObject({ begun: 0 })
      expect(await stream.next()).toEqual({ value: undefined, done: true })
    })
  })

  it('brings a million items through three processes, complete and in order', async () => {
    await nursery(async (nursery) => {
      const [streamer, mapper] = await Promise.all([
        nursery.startActor('streamer', counts),
        nursery.startActor('mapper', maps),
      ])
      let expected = 0
      for await (const items of mapper.stream('doubled', 'streamer', 1_000_000).batches()) {
        for (const item of items) {
          if (item !== expected) throw new Error(`${item} in place of ${expected}`)
          expected += 2
        }
      }
      expect(expected).toBe(2_000_000)
      await Promise.all([streamer.cancelActor(), mapper.cancelActor()])
    })
  })

  it('has many streams on one channel, each in its order', async () => {
    await withActor(counts, async (portal) => {
      const sizes = upTo(50).map((n) => n * 200)
      const all = await Promise.all(sizes.map((size) => Array.fromAsync(portal.stream('countAsync', size))))
      for (const [i, items] of all.entries()) expect(items).toEqual(upTo(sizes[i]!))
    })
  })

  it('brings every item before the error that ends it', async () => {
    await withActor(throws, async (portal) => {
      const items: number[] = []
      const error = await remoteErrorOf(
        (async () => {
          for await (const n of portal.stream('yieldsThenThrows', 3_000)) items.push(n)
        })(),
      )
      expect(items).toEqual(upTo(3_000))
      expect(error).toMatchObject({ message: 'after 3000', remoteName: 'TicketError', fields: { row: 3_000 } })
    })
  })

  it('throws its error once, and has ended after it', async () => {
    await withActor(throws, async (portal) => {
      const stream = portal.stream('yieldsThenThrows', 0)
      expect(await remoteErrorOf(stream.next())).toMatchObject({ message: 'after 0' })
      expect(await stream.next()).toEqual({ value: undefined, done: true })
    })
  })
})

describe('Leaving a stream of another actor', () => {
  const { withActor } = openTreeBed()

  it.for(['count', 'countAsync', 'countByContext'] as const)(
    'by break has run the finally of %s when the loop is left',
    async (name) => {
      await withActor(counts, async (portal) => {
        for await (const n of portal.stream(name, 1_000_000)) if (n === 10) break
        expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
      })
    },
  )

  it('by a throw has run the remote finally, and throws the same error', async () => {
    await withActor(counts, async (portal) => {
      const mine = new Error('mine')
      const loop = async () => {
        for await (const n of portal.stream('countAsync', 1_000_000)) if (n === 10) throw mine
      }
      expect(await errorOf(loop())).toBe(mine)
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('by return has run the remote finally', async () => {
    await withActor(counts, async (portal) => {
      const first = async () => {
        for await (const n of portal.stream('countAsync', 1_000_000)) return n
        return undefined
      }
      expect(await first()).toBe(0)
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('by a break out of its batches, by dispose and by close has run the remote finally', async () => {
    await withActor(counts, async (portal) => {
      for await (const items of portal.stream('count', 1_000_000).batches()) if (items.length > 0) break
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
      {
        await using stream = portal.stream('count', 1_000_000)
        await stream.next()
      }
      expect(await portal.run('readProgress')).toMatchObject({ begun: 2, ended: 2 })
      const stream = portal.stream('count', 1_000_000)
      await stream.next()
      await stream.close()
      expect(await portal.run('readProgress')).toMatchObject({ begun: 3, ended: 3 })
    })
  })

  it('by a timeout has run the remote finally, while it waits there and here', async () => {
    await withActor(counts, async (portal) => {
      const seen: string[] = []
      const { cancelled } = await moveOnAfter(100, async () => {
        for await (const item of portal.stream('yieldOneAndWait')) seen.push(item)
      })
      expect({ cancelled, seen }).toEqual({ cancelled: true, seen: ['one'] })
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('by a timeout that strikes while items keep coming, or while the loop waits for something else', async () => {
    await withActor(counts, async (portal) => {
      const busy = await moveOnAfter(50, async () => {
        for await (const _ of portal.stream('countAsync', 1e9));
      })
      expect(busy.cancelled).toBe(true)
      const elsewhere = await moveOnAfter(50, async () => {
        for await (const _ of portal.stream('countAsync', 1e9)) await sleep(1_000_000)
      })
      expect(elsewhere.cancelled).toBe(true)
      expect(await portal.run('readProgress')).toMatchObject({ begun: 2, ended: 2 })
    })
  })

  it('waits for a finally that takes its time', async () => {
    await withActor(counts, async (portal) => {
      const before = performance.now()
      for await (const _ of portal.stream('endSlowly', 200)) break
      expect(performance.now() - before).toBeGreaterThanOrEqual(195)
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('throws what the remote finally throws', async () => {
    await withActor(counts, async (portal) => {
      const loop = async () => {
        for await (const _ of portal.stream('failWhenLeft')) break
      }
      expect(await errorOf(loop())).toBeInstanceOf(RemoteActorError)
      expect(await errorOf(loop())).toMatchObject({ message: 'the clean-up failed' })
    })
  })

  it('is quiet about a producer that fails by itself at the same moment', async () => {
    await withActor(counts, async (portal) => {
      // The error has arrived behind the items, or is on its way, or is not thrown any more: the loop was left before it.
      for (const count of [1, 2, 500, 4_000, 5_000]) {
        for await (const n of portal.stream('failSoon', count)) if (n === 0) break
      }
      expect(await portal.run('readProgress')).toBeDefined()
    })
  })
})
