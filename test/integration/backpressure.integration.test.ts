import { describe, expect, it } from 'vitest'
import { sleep } from '../../index.ts'
import counts from '../fixtures/actors/counts.ts'
import maps from '../fixtures/actors/maps.ts'
import { openTreeBed } from '../support/tree.ts'
import { waitUntil } from '../support/wait-until.ts'

const mebibyte = 1024 * 1024

describe('Backpressure', () => {
  const { nursery, processes } = openTreeBed()

  /** Calls until the answer is the same twice, a while apart; returns it. */
  async function whenStill(ask: () => Promise<number>): Promise<number> {
    let last = -1
    await waitUntil(
      async () => {
        const before = last
        last = await ask()
        await sleep(100)
        return before === last
      },
      { describe: () => last },
    )
    return last
  }

  it('keeps memory flat and the generator where it is while a consumer does not read for 20 seconds', async () => {
    await nursery(async (nursery) => {
      const [streamer, mapper] = await Promise.all([
        nursery.startActor('streamer', counts),
        nursery.startActor('mapper', maps),
      ])
      const stream = mapper.stream('doubled', 'streamer', 1_000_000)
      for (let n = 0; n < 100_000; n += 1) expect((await stream.next()).value).toBe(n * 2)

      const yielded = async () => (await streamer.run('readProgress')).yielded
      const stoppedAt = await whenStill(yielded)
      // Two hops, each with a window of 4096 items, and what was in hand.
      expect(stoppedAt).toBeLessThan(100_000 + 3 * 4096)
      const resident = async () => new Map((await processes()).map((each) => [each.command, each.residentBytes]))
      const [before, ourBefore] = [await resident(), process.memoryUsage.rss()]
      expect([...before.keys()].sort()).toEqual(['flow mapper', 'flow streamer'])

      const until = performance.now() + 20_000
      while (performance.now() < until) {
        await sleep(500)
        expect(await yielded()).toBe(stoppedAt)
        for (const [command, bytes] of await resident()) {
          expect(bytes - (before.get(command) ?? 0)).toBeLessThan(32 * mebibyte)
        }
        expect(process.memoryUsage.rss() - ourBefore).toBeLessThan(32 * mebibyte)
      }

      let expected = 200_000
      for await (const items of stream.batches()) {
        expect(items[0]).toBe(expected)
        expected += 2 * items.length
      }
      expect(expected).toBe(2_000_000)
      await Promise.all([streamer.cancelActor(), mapper.cancelActor()])
    })
  })
})
