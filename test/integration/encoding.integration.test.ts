import { describe, expect, it } from 'vitest'
import { FrameTooLargeError, NotEncodableError } from '../../index.ts'
import answers from '../fixtures/actors/answers.ts'
import unsendables from '../fixtures/actors/unsendables.ts'
import { kinds, unsendable } from '../fixtures/unsendable.ts'
import { errorOf, remoteErrorOf } from '../support/thrown.ts'
import { openTreeBed } from '../support/tree.ts'

const mebibyte = 1024 * 1024

describe.for(kinds)('A value that cannot travel (%s)', (kind) => {
  const { withActor } = openTreeBed()

  it('is an error at its sender as an argument and as an item of a context', async () => {
    await withActor(unsendables, async (portal) => {
      for (const call of [
        portal.run('give', unsendable(kind) as never),
        portal.stream('yieldAmongOthers', unsendable(kind) as never).next(),
        portal.openContext('startWith', unsendable(kind) as never),
      ]) {
        expect(await errorOf(call)).toBeInstanceOf(NotEncodableError)
      }
      await using open = await portal.openContext('takeAll')
      await open.stream.send('sendable')
      expect(await errorOf(open.stream.send(unsendable(kind)))).toBeInstanceOf(NotEncodableError)
      await open.stream.close()
      expect(await open.result()).toBe(1)
    })
  })

  it('is an error at its sender as a result, a started value and an item', async () => {
    await withActor(unsendables, async (portal) => {
      expect((await remoteErrorOf(portal.run('give', kind))).cause).toBeInstanceOf(NotEncodableError)
      expect((await remoteErrorOf(portal.openContext('startWith', kind))).cause).toBeInstanceOf(NotEncodableError)
      const stream = portal.stream('yieldAmongOthers', kind)
      expect(await stream.next()).toEqual({ value: 1, done: false })
      const error = await remoteErrorOf(stream.next())
      expect(error.cause).toBeInstanceOf(NotEncodableError)
      expect(error.message).toMatch(/^a value cannot be sent to another actor: '?inside/)
      expect(await Array.fromAsync(portal.stream('yieldAndCatch', kind))).toEqual(['NotEncodableError'])
    })
  })

  it('does not keep an error from arriving as a field of it', async () => {
    await withActor(unsendables, async (portal) => {
      const error = await remoteErrorOf(portal.run('failWith', kind))
      expect(error).toMatchObject({ message: 'has a field', fields: { sent: 'arrives', field: expect.any(String) } })
    })
  })
})

describe('A value over the frame limit', () => {
  const { withActor } = openTreeBed()
  const limits = { maxFrameBytes: 256 * 1024 }
  const over = 300 * 1024

  it('is an error at its sender as an item, a result, an argument or a started value; the channel lives on', async () => {
    await withActor(
      unsendables,
      async (portal) => {
        const stream = portal.stream('yieldBytes', 10, over, 20)
        expect((await stream.next()).value?.byteLength).toBe(10)
        const asItem = await remoteErrorOf(stream.next())
        expect(asItem.cause).toBeInstanceOf(FrameTooLargeError)
        expect(asItem.message).toMatch(/^an item of \d+ bytes is over the limit of \d+ bytes$/)
        expect((await remoteErrorOf(portal.run('giveBytes', over))).cause).toBeInstanceOf(FrameTooLargeError)
        expect((await remoteErrorOf(portal.openContext('startWithBytes', over))).cause).toBeInstanceOf(
          FrameTooLargeError,
        )
        expect(await errorOf(portal.run('takeBytes', new Uint8Array(over)))).toBeInstanceOf(FrameTooLargeError)
        expect((await remoteErrorOf(portal.run('failWithText', over))).message).toMatch(/^x+$/)
        expect(await portal.run('takeBytes', new Uint8Array(100))).toBe(100)
      },
      limits,
    )
  })

  it('is not made of many smaller ones: all of them arrive', async () => {
    await withActor(
      unsendables,
      async (portal) => {
        const sizes = Array.from({ length: 40 }, (_, n) => (n % 4 === 0 ? 200 * 1024 : 3_000 * n))
        const [results, items, calls] = await Promise.all([
          Promise.all(sizes.map((size) => portal.run('giveBytes', size))),
          Array.fromAsync(portal.stream('yieldBytes', ...sizes)),
          Promise.all(sizes.map((size) => portal.run('takeBytes', new Uint8Array(size)))),
        ])
        expect(results.map((each) => each.byteLength)).toEqual(sizes)
        expect(items.map((each) => each.byteLength)).toEqual(sizes)
        expect(calls).toEqual(sizes)
      },
      limits,
    )
  })
})

describe('Large values', () => {
  const { withActor } = openTreeBed()

  it('of 1 and 5 MiB arrive intact, one by one and at once', async () => {
    await withActor(answers, async (portal) => {
      for (const size of [mebibyte, 5 * mebibyte]) {
        const bytes = new Uint8Array(size).map((_, i) => i * 7)
        const copies = await Promise.all([1, 2, 3, 4].map(() => portal.run('echo', bytes)))
        for (const copy of copies) expect(Buffer.compare(copy as Uint8Array, bytes)).toBe(0)
        const [text, list] = ['é'.repeat(size / 2), Array.from({ length: size / 64 }, (_, n) => ({ n, half: n / 2 }))]
        expect((await portal.run('echo', text)) === text).toBe(true)
        expect(await portal.run('echo', list)).toEqual(list)
      }
    })
  })

  it('arrive intact as items between small ones', async () => {
    await withActor(unsendables, async (portal) => {
      const sizes = [1, mebibyte, 2, 5 * mebibyte, 3, 5 * mebibyte, 8192, 8191, 4]
      const items = await Array.fromAsync(portal.stream('yieldBytes', ...sizes))
      expect(items.map((each) => each.byteLength)).toEqual(sizes)
      for (const [i, item] of items.entries()) expect(item.every((byte) => byte === sizes[i]! % 256)).toBe(true)
    })
  })
})
