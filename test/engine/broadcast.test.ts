import { describe, expect, it } from 'vitest'
import { Broadcast } from '../../engine/broadcast.ts'
import { Subscriber } from '../../engine/subscription.ts'
import { take } from './shared-stream.ts'

function open() {
  let last = 0
  const broadcast = new Broadcast<number>({
    nextBatch: async () => ({ value: [last++, last++], done: false }),
    leave: () => Promise.resolve(),
    endsWhenLeft: true,
  })
  return {
    broadcast,
    subscribe: (capacityCount?: number) => new Subscriber(broadcast, { capacityCount: capacityCount ?? 8 }),
  }
}

describe('Broadcast', () => {
  it('lets go of items that all have taken', async () => {
    const { broadcast, subscribe } = open()
    const [a, b] = [subscribe(), subscribe()]
    await take(a, 6)
    expect([broadcast.oldest, broadcast.head]).toEqual([0, 6])
    await take(b, 4)
    await take(a, 1)
    expect([broadcast.oldest, broadcast.head]).toEqual([4, 7])
    await b.return()
    expect(broadcast.oldest).toBe(7)
  })

  it('keeps what one has not taken whose wait was cut short, while there is room', async () => {
    const { broadcast, subscribe } = open()
    const [a, b] = [subscribe(4), subscribe(4)]
    await broadcast.leave(b, { mayReturn: true })
    await take(a, 4)
    expect(broadcast.oldest).toBe(0)
    await take(a, 100)
    expect(broadcast.head - broadcast.oldest).toBeLessThanOrEqual(2)
  })

  it('keeps its items and their order when it grows', async () => {
    const { broadcast, subscribe } = open()
    const [a, b] = [subscribe(3), subscribe(3)]
    await take(a, 5)
    broadcast.reserve(7)
    await take(a, 4)
    expect([broadcast.oldest, broadcast.head]).toEqual([2, 9])
    await expect(b.next()).rejects.toMatchObject({ missedCount: 2 })
    expect(await take(b, 7)).toEqual([2, 3, 4, 5, 6, 7, 8])
  })

  it('has let go of everything once it was left', async () => {
    const { broadcast, subscribe } = open()
    const a = subscribe()
    await a.next()
    await a.return()
    expect(broadcast.left).toBe(true)
    expect(broadcast.oldest).toBe(broadcast.head)
    expect(broadcast.advance()).toBe(false)
  })
})
