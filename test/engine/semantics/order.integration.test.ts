import { expect, it } from 'vitest'
import { openNursery } from '../../../index.ts'
import converses from '../../fixtures/actors/converses.ts'
import counts from '../../fixtures/actors/counts.ts'
import maps from '../../fixtures/actors/maps.ts'
import produces from '../../fixtures/actors/produces.ts'
import throws from '../../fixtures/actors/throws.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf, remoteErrorOf } from '../../support/thrown.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describeEachFlavour('The items of a stream', (bed) => {
  const producer = () => bed.shared(produces)

  it('are those of a generator, synchronous or not, of batches and of a context function', async () => {
    const [portal, all] = [await producer(), upTo(10_000)]
    expect(await Array.fromAsync(portal.stream('count', 'a', 10_000))).toEqual(all)
    expect(await Array.fromAsync(portal.stream('countAsync', 'a', 10_000))).toEqual(all)
    expect(await Array.fromAsync(portal.stream('countInBatches', 10_000, 999))).toEqual(all)
    expect(await Array.fromAsync(portal.stream('countByContext', 'a', 10_000))).toEqual(all)
    expect(await Array.fromAsync(portal.stream('count', 'a', 0))).toEqual([])
  })

  it('come as arrays too, as many as have arrived and never none', async () => {
    const batches = await Array.fromAsync((await producer()).stream('count', 'a', 20_000).batches())
    expect(batches.flat()).toEqual(upTo(20_000))
    expect(batches.length).toBeLessThan(2_000)
    expect(batches.every((batch) => batch.length > 0)).toBe(true)
  })

  // The million once, for the time it takes.
  const count = bed.name === 'process' ? 1_000_000 : 100_000
  it(`arrive in order through three actors, each once, all ${count} of them`, async () => {
    await openNursery(async (nursery) => {
      const [, mapper] = await Promise.all([bed.start(nursery, 'streamer', counts), bed.start(nursery, 'mapper', maps)])
      let expected = 0
      for await (const items of mapper.stream('doubled', 'streamer', count).batches()) {
        for (const item of items) {
          if (item !== expected) throw new Error(`${item} in place of ${expected}`)
          expected += 2
        }
      }
      expect(expected).toBe(2 * count)
      nursery.cancel()
    })
  })

  it('keep their order beside those of other streams on the same channel', async () => {
    const [portal, sizes] = [await producer(), upTo(50).map((n) => n * 100)]
    const all = await Promise.all(sizes.map((size) => Array.fromAsync(portal.stream('countAsync', 'a', size))))
    for (const [i, items] of all.entries()) expect(items).toEqual(upTo(sizes[i]!))
  })

  it('all come before the error that ends the stream, however slow the consumer is', async () => {
    const portal = await bed.shared(throws)
    const items: number[] = []
    const read = async () => {
      for await (const n of portal.stream('yieldsThenThrows', 3_000)) {
        items.push(n)
        // Everything is here, the error too.
        if (n % 1_000 === 0) await portal.run('text').catch(() => undefined)
      }
    }
    const error = await remoteErrorOf(read())
    expect(items).toEqual(upTo(3_000))
    expect(error).toMatchObject({ message: 'after 3000', remoteName: 'TicketError', fields: { row: 3_000 } })
  })

  it('all come before the error of a context, in arrays too', async () => {
    await using open = await (await bed.shared(converses)).openContext('failAfterItems', 300)
    expect(await errorOf(open.result())).toMatchObject({ message: 'no more of them', remoteName: 'RangeError' })
    const items: number[] = []
    const read = async () => {
      for await (const batch of open.stream.batches()) items.push(...batch)
    }
    expect(await errorOf(read())).toMatchObject({ message: 'no more of them', remoteName: 'RangeError' })
    expect(items).toEqual(upTo(300))
  })

  it('end with the error once, and then with the end', async () => {
    const stream = (await bed.shared(throws)).stream('yieldsThenThrows', 0)
    expect(await remoteErrorOf(stream.next())).toMatchObject({ message: 'after 0' })
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it('that several tasks send mix, each task in its own order', async () => {
    await using open = await (await bed.shared(converses)).openContext('sendFromTwoTasks', 5_000)
    const items = await Array.fromAsync(open.stream)
    expect(items.length).toBe(10_000)
    for (const name of ['a', 'b']) {
      const own = items.filter((item) => item.startsWith(name))
      expect(own).toEqual(upTo(5_000).map((n) => `${name}${n}`))
    }
    // One after the other would be no mixture.
    expect(items.slice(0, 5_000).every((item) => item.startsWith('a'))).toBe(false)
  })

  it('that several tasks of the caller send arrive in the order of each task', async () => {
    await using open = await (await bed.shared(converses)).openContext('measure')
    const send = async (length: number) => {
      for (let n = 0; n < 1_000; n += 1) await open.stream.send(`${length}`.repeat(length + (n % 2)))
    }
    const sendAll = async () => {
      await Promise.all([send(10), send(20)])
      await open.stream.close()
    }
    const [lengths] = await Promise.all([Array.fromAsync(open.stream), sendAll()])
    // Texts of 20 and 22 characters, and of 40 and 42.
    expect(lengths.filter((length) => length < 30)).toEqual(upTo(1_000).map((n) => 20 + 2 * (n % 2)))
    expect(lengths.filter((length) => length > 30)).toEqual(upTo(1_000).map((n) => 40 + 2 * (n % 2)))
  })

  it('that are taken by several tasks in turn come each once', async () => {
    const stream = (await producer()).stream('count', 'a', 1_000)
    const taken: number[] = []
    const take = async () => {
      for (let next = await stream.next(); next.done !== true; next = await stream.next()) taken.push(next.value)
    }
    await Promise.all([take(), take(), take()])
    expect(taken).toEqual(upTo(1_000))
  })
})
