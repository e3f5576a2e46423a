import { describe, expect, it } from 'vitest'
import { openNursery, StreamLaggedError } from '../../index.ts'
import converses from '../fixtures/actors/converses.ts'
import counts from '../fixtures/actors/counts.ts'
import throws from '../fixtures/actors/throws.ts'
import { errorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('The subscribers of a stream of another actor', () => {
  const { withActor } = openTreeBed()

  it('each get all of its items in order, and so does the stream itself', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('countAsync', 1_000)
      const subscribers = upTo(10).map(() => stream.subscribe())
      const all = await Promise.all([...subscribers, stream].map((each) => Array.fromAsync(each)))
      for (const items of all) expect(items).toEqual(upTo(1_000))
      expect(await portal.run('readProgress')).toEqual({ begun: 1, ended: 1, yielded: 1_000 })
    })
  })

  it('get equal counts when there are 22 of them in tasks of their own', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('count', 20_000)
      const tallies = await openNursery((nursery) =>
        Promise.all(
          upTo(22).map((n) => {
            const subscription = stream.subscribe({ lag: n % 2 === 0 ? 'hold' : 'throw' })
            return nursery.startTask(async () => {
              let count = 0
              for await (const items of subscription.batches()) count += items.length
              return count
            })
          }),
        ),
      )
      expect(new Set(tallies)).toEqual(new Set([20_000]))
    })
  })

  it('lag alone when they are slow: another, or the stream itself', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('count', 300)
      const [slow, fast] = [stream.subscribe({ capacityCount: 50 }), stream.subscribe()]
      const firsts = await Promise.all([slow.next(), stream.next()])
      expect(firsts.map(({ value }) => value)).toEqual([0, 0])
      expect(await Array.fromAsync(fast)).toEqual(upTo(300))
      for (const lagging of [slow, stream]) {
        expect(await errorOf(lagging.next())).toEqual(new StreamLaggedError(249))
        expect(await Array.fromAsync(lagging)).toEqual(upTo(300).slice(250))
      }
      expect([slow.missedCount, fast.missedCount]).toEqual([249, 0])
    })
  })

  it('hold the others back if they ask to, and the producer too', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.with({ windowCount: 20 }).stream('count', 1_000)
      const [holder, fast] = [stream.subscribe({ lag: 'hold', capacityCount: 50 }), stream.subscribe()]
      let seen = 0
      const rest = (async () => {
        for await (const _ of fast) seen += 1
      })()
      for (let n = 0; n < 500; n += 1) {
        expect((await holder.next()).value).toBe(n)
        expect(seen).toBeLessThanOrEqual(n + 1 + 50)
      }
      expect((await portal.run('readProgress')).yielded).toBeLessThanOrEqual(500 + 50 + 20 + 1)
      await holder.return()
      await rest
      expect(seen).toBe(1_000)
    })
  })

  it('go on when the one who had asked for the items is cancelled', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('countAsync', 1_000)
      const [faster, slower] = [stream.subscribe(), stream.subscribe()]
      const seen: number[] = []
      await openNursery((nursery) =>
        nursery
          .startTask(async () => {
            for await (const n of faster) {
              seen.push(n)
              if (n === 400) nursery.cancel()
            }
          })
          .catch(() => undefined),
      )
      expect(seen).toEqual(upTo(401))
      expect(await Array.fromAsync(slower)).toEqual(upTo(1_000))
    })
  })

  it('get its error after all items before it, each of them', async () => {
    await withActor(throws, async (portal) => {
      const stream = portal.stream('yieldsThenThrows', 500)
      const errors = [stream.subscribe(), stream.subscribe(), stream].map(async (each) => {
        const items: number[] = []
        const loop = async () => {
          for await (const n of each) items.push(n)
        }
        const error = await errorOf(loop())
        expect(items).toEqual(upTo(500))
        return error
      })
      const [first, ...others] = await Promise.all(errors)
      expect(first).toMatchObject({ code: 'FLOW_REMOTE', message: 'after 500' })
      for (const error of others) expect(error).toBe(first)
    })
  })
})

describe('Leaving a stream that is shared', () => {
  const { withActor } = openTreeBed()

  it('has run the remote finally when the last subscriber has left', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('endSlowly', 100)
      const [a, b] = [stream.subscribe(), stream.subscribe()]
      for await (const _ of a) break
      for await (const _ of stream) break
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 0 })
      expect(await b.next()).toEqual({ value: 'tick', done: false })
      await b.return()
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
      expect(await Array.fromAsync(stream.subscribe())).toEqual([])
    })
  })

  it('throws to the last one what the remote finally throws', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('failWhenLeft')
      const [a, b] = [stream.subscribe(), stream.subscribe()]
      for await (const _ of a) break
      await b.next()
      expect(await errorOf(b.return())).toMatchObject({ message: 'the clean-up failed' })
    })
  })

  it('has run the remote finally when all subscribers were cancelled', async () => {
    await withActor(counts, async (portal) => {
      const stream = portal.stream('yieldOneAndWait')
      const seen: string[] = []
      await openNursery((nursery) => {
        for (const each of [stream.subscribe(), stream.subscribe(), stream]) {
          const task = nursery.startTask(async () => {
            for await (const item of each) if (seen.push(item) === 3) nursery.cancel()
          })
          task.catch(() => undefined)
        }
      })
      expect(seen).toEqual(['one', 'one', 'one'])
      expect(await portal.run('readProgress')).toMatchObject({ begun: 1, ended: 1 })
    })
  })

  it('does not end a context', async () => {
    await withActor(converses, async (portal) => {
      await using context = await portal.openContext('measure')
      const [a, b] = [context.stream.subscribe(), context.stream.subscribe()]
      for (const text of ['a', 'bb', 'ccc', 'dddd']) await context.stream.send(text)
      for (const each of [a, b]) {
        const lengths: number[] = []
        for await (const length of each) if (lengths.push(length) === 2) break
        expect(lengths).toEqual([1, 2])
      }
      expect(await context.stream.next()).toEqual({ value: 3, done: false })
      await context.stream.close()
      expect(await Array.fromAsync(context.stream)).toEqual([4])
      expect(await context.result()).toBe(4)
    })
  })
})
