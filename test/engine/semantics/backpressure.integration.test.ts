import { expect, it } from 'vitest'
import { openNursery, sleep } from '../../../index.ts'
import converses from '../../fixtures/actors/converses.ts'
import counts from '../../fixtures/actors/counts.ts'
import maps from '../../fixtures/actors/maps.ts'
import produces from '../../fixtures/actors/produces.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { waitUntil } from '../../support/wait-until.ts'

const kibibyte = 1024

/** Asks until the answer is the same several times, a while apart; returns it. */
async function whenStill(ask: () => Promise<number>): Promise<number> {
  let last = -1
  let same = 0
  const still = async () => {
    const now = await ask()
    same = now === last ? same + 1 : 0
    last = now
    await sleep(15)
    return same === 3
  }
  await waitUntil(still, { describe: () => last })
  return last
}

describeEachFlavour('Backpressure', (bed) => {
  const producer = () => bed.shared(produces)

  it('keeps a generator where it is while its consumer does not read, and goes on from there', async () => {
    const [portal, key] = [await producer(), bed.unique('items')]
    const yielded = async () => (await portal.run('progressOf', key)).yielded
    const stream = portal.stream('countAsync', key, 20_000)
    await stream.next()
    const stoppedAt = await whenStill(yielded)
    // The window of 4096 items, and what was in hand.
    expect(stoppedAt).toBeGreaterThanOrEqual(4096)
    expect(stoppedAt).toBeLessThan(2 * 4096)
    const rest = await Array.fromAsync(stream)
    expect(rest.length).toBe(19_999)
    expect(rest.at(-1)).toBe(19_999)
    expect(await yielded()).toBe(20_000)
  })

  it('counts bytes too: buffers of 64 KiB stall at about 1 MiB', async () => {
    const [portal, key] = [await producer(), bed.unique('bytes')]
    const stream = portal.stream('buffers', key, 64 * kibibyte)
    await stream.next()
    const yielded = await whenStill(async () => (await portal.run('progressOf', key)).yielded)
    expect(yielded).toBeGreaterThanOrEqual(16)
    expect(yielded).toBeLessThanOrEqual(20)
    for (let n = 1; n < 100; n += 1) expect((await stream.next()).value?.[0]).toBe(n % 256)
    await stream.return()
  })

  it.for([1, 10])('has a window that the caller sets in items: %i', async (windowCount) => {
    const [portal, key] = [await producer(), bed.unique('window')]
    const stream = portal.with({ windowCount }).stream('count', key, 1_000)
    await stream.next()
    const yielded = await whenStill(async () => (await portal.run('progressOf', key)).yielded)
    // At the most a full window is on its way and another has been taken, of which one item is not yet read.
    expect(yielded).toBeGreaterThanOrEqual(windowCount)
    expect(yielded).toBeLessThanOrEqual(2 * windowCount + 1)
    expect((await Array.fromAsync(stream)).length).toBe(999)
  })

  it('has a window that the caller sets in bytes', async () => {
    const [portal, key] = [await producer(), bed.unique('window bytes')]
    const stream = portal.with({ windowBytes: 4 * kibibyte }).stream('buffers', key, kibibyte)
    await stream.next()
    const yielded = await whenStill(async () => (await portal.run('progressOf', key)).yielded)
    expect(yielded).toBeGreaterThanOrEqual(4)
    expect(yielded).toBeLessThanOrEqual(10)
    for (let n = 1; n < 50; n += 1) expect((await stream.next()).value?.[0]).toBe(n)
    await stream.return()
  })

  it('lets an item through that alone is larger than the window in bytes', async () => {
    const [portal, key] = [await producer(), bed.unique('large')]
    const stream = portal.with({ windowBytes: 1 }).stream('buffers', key, 64 * kibibyte)
    for (let n = 0; n < 5; n += 1) expect((await stream.next()).value?.byteLength).toBe(64 * kibibyte)
    await stream.return()
    expect((await portal.run('progressOf', key)).yielded).toBeLessThanOrEqual(7)
  })

  it('of some streams does not block others on the same channel, nor its calls', async () => {
    const [portal, key] = [await producer(), bed.unique('stalled')]
    const stalled = [portal.stream('buffers', key, 64 * kibibyte), portal.stream('countAsync', key, 1e9)]
    for (const stream of stalled) await stream.next()
    expect((await Array.fromAsync(portal.stream('count', key, 50_000))).length).toBe(50_000)
    expect(await portal.run('progressOf', key)).toBeDefined()
    for (const stream of stalled) await stream.return()
  })

  it('of a consumer reaches the first producer through an actor in between', async () => {
    await openNursery(async (nursery) => {
      const [streamer, mapper] = await Promise.all([
        bed.start(nursery, 'streamer', counts),
        bed.start(nursery, 'mapper', maps),
      ])
      const stream = mapper.stream('doubled', 'streamer', 30_000)
      for (let n = 0; n < 10; n += 1) expect((await stream.next()).value).toBe(n * 2)
      const before = (await streamer.run('readProgress')).yielded
      const stoppedAt = (await whenStill(async () => (await streamer.run('readProgress')).yielded)) - before
      // Two hops, each with a window of 4096 items, and what was in hand.
      expect(stoppedAt).toBeLessThan(3 * 4096)
      expect((await Array.fromAsync(stream)).length).toBe(29_990)
      nursery.cancel()
    })
  })

  it('holds the sender of a context back when its callee takes no more', async () => {
    await using open = await (await bed.shared(converses)).openContext('takeFew', 3)
    let sent = 0
    await openNursery(async (nursery) => {
      void nursery.startTask(async () => {
        for (;;) {
          await open.stream.send(sent)
          sent += 1
        }
      })
      await waitUntil(() => sent >= 4096, { describe: () => sent })
      await whenStill(async () => sent)
      nursery.cancel()
    })
    expect(sent).toBeLessThan(2 * 4096 + 4)
  })
})
