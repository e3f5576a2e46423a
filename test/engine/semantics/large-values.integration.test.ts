import { expect, it } from 'vitest'
import { FrameTooLargeError, NotEncodableError, transfer } from '../../../index.ts'
import answers from '../../fixtures/actors/answers.ts'
import unsendables from '../../fixtures/actors/unsendables.ts'
import { describeEachFlavour } from '../../support/flavours.ts'
import { errorOf, remoteErrorOf } from '../../support/thrown.ts'

const mebibyte = 1024 * 1024
const over = 300 * 1024

describeEachFlavour(
  'A value over the frame limit',
  (bed) => {
    it('is an error at its sender as an item, a result, an argument or a started value; the channel lives on', async () => {
      const portal = await bed.shared(unsendables)
      const stream = portal.stream('yieldBytes', 10, over, 20)
      expect((await stream.next()).value?.byteLength).toBe(10)
      const asItem = await remoteErrorOf(stream.next())
      expect(asItem.cause).toBeInstanceOf(FrameTooLargeError)
      expect(asItem.message).toMatch(/^an item of \d+ bytes is over the limit of \d+ bytes$/)
      const asResult = await remoteErrorOf(portal.run('giveBytes', over))
      expect(asResult.cause).toBeInstanceOf(FrameTooLargeError)
      const asStarted = await remoteErrorOf(portal.openContext('startWithBytes', over))
      expect(asStarted.cause).toBeInstanceOf(FrameTooLargeError)
      expect(await errorOf(portal.run('takeBytes', new Uint8Array(over)))).toBeInstanceOf(FrameTooLargeError)
      expect((await remoteErrorOf(portal.run('failWithText', over))).message).toMatch(/^x+$/)
      expect(await portal.run('takeBytes', new Uint8Array(100))).toBe(100)
    })

    it('is not made of many smaller ones: all of them arrive', async () => {
      const portal = await bed.shared(unsendables)
      const sizes = Array.from({ length: 40 }, (_, n) => (n % 4 === 0 ? 200 * 1024 : 3_000 * n))
      const [results, items, calls] = await Promise.all([
        Promise.all(sizes.map((size) => portal.run('giveBytes', size))),
        Array.fromAsync(portal.stream('yieldBytes', ...sizes)),
        Promise.all(sizes.map((size) => portal.run('takeBytes', new Uint8Array(size)))),
      ])
      expect(results.map((each) => each.byteLength)).toEqual(sizes)
      expect(items.map((each) => each.byteLength)).toEqual(sizes)
      expect(calls).toEqual(sizes)
    })
  },
  { root: { maxFrameBytes: 256 * 1024 } },
)

describeEachFlavour('A large value', (bed) => {
  it('of 1 to 5 MiB arrives intact, one by one and at once, whether bytes, text or objects', async () => {
    const portal = await bed.shared(answers)
    const size = 5
    const bytes = new Uint8Array(size * mebibyte).map((_, i) => i * 7)
    const copies = await Promise.all([1, 2, 3, 4].map(() => portal.run('echo', bytes)))
    for (const copy of copies) expect(Buffer.compare(copy as Uint8Array, bytes)).toBe(0)
    const text = 'é'.repeat((size * mebibyte) / 2)
    expect((await portal.run('echo', text)) === text).toBe(true)
    const list = Array.from({ length: mebibyte / 64 }, (_, n) => ({ n, half: n / 2 }))
    expect(await portal.run('echo', list)).toEqual(list)
  })

  it('arrives intact as an item between small ones', async () => {
    const portal = await bed.shared(unsendables)
    const sizes = [1, mebibyte, 2, 5 * mebibyte, 3, 5 * mebibyte, 8192, 8191, 4]
    const items = await Array.fromAsync(portal.stream('yieldBytes', ...sizes))
    expect(items.map((each) => each.byteLength)).toEqual(sizes)
    for (const [i, item] of items.entries()) expect(item.every((byte) => byte === sizes[i]! % 256)).toBe(true)
  })

  it('stays with its sender as it was, and with its receiver as it is', async () => {
    const portal = await bed.shared(answers)
    const bytes = new Uint8Array(mebibyte).fill(1)
    const copy = (await portal.run('echo', bytes)) as Uint8Array
    expect(bytes.byteLength).toBe(mebibyte)
    copy.fill(2)
    expect(bytes.every((byte) => byte === 1)).toBe(true)
  })

  it('that was given away leaves its sender, and arrives as it was, whole or inside of another', async () => {
    const portal = await bed.shared(answers)
    const [small, large] = [new Uint8Array(8_191).fill(1), new Uint8Array(mebibyte).fill(2)]
    const buffer = Buffer.alloc(8_192, 3)
    const [kept, ...sent] = [new Uint8Array(20_000).fill(4), transfer(small), transfer(large), transfer(buffer)]
    const copy = await portal.run('echo', { first: sent[0], list: [kept, sent[1]], last: sent[2] })
    expect(copy).toEqual({
      first: new Uint8Array(8_191).fill(1),
      list: [new Uint8Array(20_000).fill(4), new Uint8Array(mebibyte).fill(2)],
      last: Buffer.alloc(8_192, 3),
    })
    expect([kept, small, large, buffer].map(({ byteLength }) => byteLength)).toEqual([20_000, 8_191, 0, 0])
    await portal.run('echo', kept)
  })

  it('that was given away cannot be sent again', async () => {
    const portal = await bed.shared(answers)
    const bytes = transfer(new Uint8Array(mebibyte))
    expect(await errorOf(portal.run('echo', [bytes, bytes]))).toBeInstanceOf(NotEncodableError)
    expect(await errorOf(portal.run('echo', bytes))).toBeInstanceOf(NotEncodableError)
    expect(await portal.run('echo', 1)).toBe(1)
  })
})
