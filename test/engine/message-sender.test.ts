import { describe, expect, it, vi } from 'vitest'
import { FrameTooLargeError, NotEncodableError, StreamClosedError } from '../../engine/errors.ts'
import { type Frame, Kind } from '../../engine/frame.ts'
import type { Interceptor } from '../../engine/interceptor.ts'
import { adoptItemTrace } from '../../engine/item-trace.ts'
import { MessageSender } from '../../engine/message-sender.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'
import { hop, sampled } from './hop.ts'
import { ManualOutlet } from './manual-outlet.ts'

const reason = new Error('enough')

function open(grant = 4096, options: { maxItemBytes?: number; tracer?: Interceptor } = {}) {
  const outlet = new ManualOutlet(options)
  const sender = new MessageSender(outlet, 7, hop, options.tracer)
  if (grant > 0) sender.grant(grant, 1024 * 1024)
  return { outlet, sender }
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

/** A tracer that passes over so many items each time, and then over all, and the numbers of those that it was told of. */
function drawing(draws: number[]): { begun: number[]; tracer: Interceptor } {
  const begun: number[] = []
  const itemBegun: Interceptor['itemBegun'] = (_hop, { itemNumber }) => begun.push(itemNumber) < 0
  return {
    begun,
    tracer: { unasked: { applies: true, draw: () => draws.shift() ?? Infinity }, itemSent: () => false, itemBegun },
  }
}

describe('MessageSender', () => {
  it('gathers items into one frame, in order, with their weight', async () => {
    const { outlet, sender } = open()
    for (const item of ['a', 'b', 'c']) await sender.send(item)
    expect(outlet.flush()).toEqual([[Kind.yield, 7, ['a', 'b', 'c'], 6]])
    expect(sender.sentCount).toBe(3)
    expect(outlet.flush()).toEqual([])
  })

  it('asks for a flush soon at the first item of a batch, and for none at the others', async () => {
    const { outlet, sender } = open()
    await sender.send('a')
    await sender.send('b')
    expect(outlet.asked).toEqual(['soon'])
    outlet.flush()
    await sender.send('c')
    expect(outlet.asked).toEqual(['soon', 'soon'])
  })

  it('asks for a flush at once when a batch is full by count', () => {
    const { outlet, sender } = open()
    for (let n = 0; n < 1024; n += 1) sender.append(n, undefined)
    expect(sender.hasRoom).toBe(false)
    expect(outlet.asked).toEqual(['soon', 'now'])
    outlet.flush()
    expect(sender.hasRoom).toBe(true)
  })

  it('asks for a flush at once when a batch is full by weight', () => {
    const { outlet, sender } = open()
    for (let n = 0; n < 6; n += 1) sender.append('x'.repeat(10_000), undefined)
    expect(sender.hasRoom).toBe(true)
    sender.append('x'.repeat(10_000), undefined)
    expect(sender.hasRoom).toBe(false)
    expect(outlet.asked).toEqual(['soon', 'now'])
  })

  it('asks for a flush at once when the credit is used up', async () => {
    const { outlet, sender } = open(2)
    await sender.send('a')
    await sender.send('b')
    expect(outlet.asked).toEqual(['soon', 'now'])
    expect(sender.hasRoom).toBe(false)
  })

  it('gathers large items up to six times as much, apart from the small ones', () => {
    const { sender } = open()
    sender.grant(1000, 10_000_000)
    for (let n = 0; n < 11; n += 1) sender.append(Buffer.alloc(16 * 1024), undefined)
    expect(sender.hasRoom).toBe(true)
    sender.append(Buffer.alloc(16 * 1024), undefined)
    expect(sender.hasRoom).toBe(false)
  })

  it('waits for the first grant', async () => {
    const { outlet, sender } = open(0)
    const sending = sender.send('a')
    expect(await isSettled(sending)).toBe(false)
    expect(sender.starved).toBe(true)
    sender.grant(1, 100)
    await sending
    expect(sender.starved).toBe(false)
    outlet.flush()
    expect(outlet.items).toEqual(['a'])
  })

  it('waits when the credit is used up, and goes on as far as the next grant', async () => {
    const { outlet, sender } = open(2)
    const sendings = ['a', 'b', 'c', 'd', 'e'].map((item) => sender.send(item))
    outlet.flush()
    expect(await Promise.all(sendings.map(isSettled))).toEqual([true, true, false, false, false])
    sender.grant(4, 1000)
    outlet.flush()
    expect(await Promise.all(sendings.map(isSettled))).toEqual([true, true, true, true, false])
    sender.grant(5, 1000)
    outlet.flush()
    await Promise.all(sendings)
    expect(outlet.items).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('waits when the bytes are used up, after one item over them', async () => {
    const { outlet, sender } = open(0)
    sender.grant(100, 10)
    await sender.send('x'.repeat(500))
    const sending = sender.send('y')
    outlet.flush()
    expect(await isSettled(sending)).toBe(false)
    sender.grant(100, 1000)
    await sending
  })

  it('waits while a full batch is not written, and goes on when it is', async () => {
    const { outlet, sender } = open()
    for (let n = 0; n < 1024; n += 1) sender.append(n, undefined)
    const sending = sender.send('after')
    expect(await isSettled(sending)).toBe(false)
    outlet.flush()
    await sending
    expect(outlet.flush()).toEqual([[Kind.yield, 7, ['after'], 6]])
  })

  it('keeps the order of each of several tasks', async () => {
    const { outlet, sender } = open(3)
    const task = async (name: string) => {
      for (let n = 0; n < 20; n += 1) await sender.send([name, n])
    }
    const tasks = Promise.all(['a', 'b', 'c'].map(task))
    for (let granted = 3; granted <= 60; granted += 3) {
      sender.grant(granted, 1_000_000)
      await new Promise((resolve) => setImmediate(resolve))
      outlet.flush()
    }
    await tasks
    const order = (name: string) => outlet.items.filter((item) => (item as [string, number])[0] === name)
    for (const name of ['a', 'b', 'c']) expect(order(name)).toEqual(Array.from({ length: 20 }, (_, n) => [name, n]))
    expect(outlet.items).toHaveLength(60)
  })

  it('lets nobody pass those who wait', async () => {
    const { outlet, sender } = open(0)
    const waiting = sender.send('first')
    sender.grant(1, 1000)
    const late = sender.send('second')
    sender.grant(2, 1000)
    await Promise.all([waiting, late])
    outlet.flush()
    expect(outlet.items).toEqual(['first', 'second'])
  })

  it('rejects an item that cannot travel, at once or when its turn comes, and goes on', async () => {
    const { outlet, sender } = open(1)
    expect(await errorOf(sender.send(() => 1))).toBeInstanceOf(NotEncodableError)
    await sender.send('a')
    const later = errorOf(sender.send(Symbol('s')))
    const after = sender.send('b')
    sender.grant(2, 1000)
    outlet.flush()
    sender.grant(3, 1000)
    expect(await later).toBeInstanceOf(NotEncodableError)
    await after
    outlet.flush()
    expect(outlet.items).toEqual(['a', 'b'])
    expect(sender.sentCount).toBe(2)
  })

  it('rejects an item that is too large for any frame', async () => {
    const { sender } = open(10, { maxItemBytes: 100_000 })
    const error = await errorOf(sender.send('x'.repeat(100_000)))
    expect(error).toBeInstanceOf(FrameTooLargeError)
    expect(error).toMatchObject({ sizeBytes: 100_005, limitBytes: 100_000 })
    await sender.send('x'.repeat(90_000))
  })

  it('stops waiting when the task is cancelled, without the item', async () => {
    const { outlet, sender } = open(0)
    const scope = new Scope(undefined)
    const waiting = errorOf(runInScope(scope, () => sender.send('never')))
    const other = sender.send('other')
    scope.cancel(reason)
    expect(await waiting).toBe(reason)
    sender.grant(10, 1000)
    await other
    outlet.flush()
    expect(outlet.items).toEqual(['other'])
  })

  it('does not send for a cancelled task, even if there is room', async () => {
    const { sender } = open()
    const scope = new Scope(undefined)
    scope.cancel(reason)
    expect(await errorOf(runInScope(scope, () => sender.send('a')))).toBe(reason)
    expect(sender.sentCount).toBe(0)
  })

  it('sends the end after every item', async () => {
    const { outlet, sender } = open()
    await sender.send('a')
    sender.end([Kind.return, 7, 'done'], 9)
    expect(outlet.asked).toEqual(['soon', 'next'])
    expect(outlet.flush()).toEqual([
      [Kind.yield, 7, ['a'], 2],
      [Kind.return, 7, 'done'],
    ])
    expect(sender.ended).toBe(true)
    expect(sender.hasRoom).toBe(false)
  })

  it.each([
    ['a large end', 80_000, 16 * 1024 * 1024],
    ['an end that does not fit beside the largest item', 1_000, 61_440],
  ])('sends %s in another round than the items', async (_what, endWeight, maxItemBytes) => {
    const { sender } = open(10, { maxItemBytes })
    await sender.send('x'.repeat(50_000))
    sender.end([Kind.return, 7, 'y'.repeat(endWeight - 5)], endWeight)
    const rounds: Frame[][] = [[], []]
    const weights = rounds.map((frames) => sender.take(frames))
    expect(rounds.map((frames) => frames.map(([kind]) => kind))).toEqual([[Kind.yield], [Kind.return]])
    expect(weights).toEqual([50_005, endWeight])
  })

  it('sends a half-close before the end, and only one end', () => {
    const { outlet, sender } = open()
    sender.end([Kind.stop, 7])
    sender.end([Kind.stop, 7])
    sender.end([Kind.return, 7, undefined])
    expect(outlet.flush().map(([kind]) => kind)).toEqual([Kind.stop, Kind.return])
  })

  it('rejects what is sent after the end, and those who waited', async () => {
    const { sender } = open(0)
    const waiting = errorOf(sender.send('waiting'))
    sender.end([Kind.return, 7, undefined])
    expect(await waiting).toBeInstanceOf(StreamClosedError)
    expect(await errorOf(sender.send('late'))).toBeInstanceOf(StreamClosedError)
  })

  it('gives everybody the error that the stream failed with', async () => {
    const { outlet, sender } = open(0)
    const waiting = errorOf(sender.send('waiting'))
    sender.fail(reason)
    expect(await waiting).toBe(reason)
    expect(await errorOf(sender.send('late'))).toBe(reason)
    sender.end([Kind.stop, 7])
    sender.fail(new Error('later'))
    expect(outlet.flush()).toEqual([])
  })

  it('sends the trace contexts of the sampled items with their places in the batch', async () => {
    const itemSent = vi.fn<NonNullable<Interceptor['itemSent']>>((_hop, held, departure) => {
      departure.span1 = held as number
      departure.baggage = held === 8 ? 'tenant=acme' : undefined
      departure.traceState = held === 9 ? 'vendor=abc' : undefined
      return held !== null
    })
    const { outlet, sender } = open(10, { tracer: { itemSent } })
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      const sends: [string, number | null][] = [
        ['a', null],
        ['b', 7],
        ['c', null],
        ['d', 8],
        ['e', 9],
      ]
      for (const [item, held] of sends) {
        adoptItemTrace(held)
        await sender.send(item)
      }
    })
    await runInScope(scope, () => {
      adoptItemTrace(null)
      outlet.flush()
      return sender.send('f')
    })
    outlet.flush()
    expect(outlet.yields).toEqual([
      [
        Kind.yield,
        7,
        ['a', 'b', 'c', 'd', 'e'],
        10,
        Buffer.concat([
          sampled(1, 7),
          sampled(3, 8, { baggage: 'tenant=acme' }),
          sampled(4, 9, { traceState: 'vendor=abc' }),
        ]),
      ],
      [Kind.yield, 7, ['f'], 2],
    ])
    expect(itemSent).toHaveBeenCalledWith(hop, 7, expect.objectContaining({ creditWaitMs: 0 }))
  })

  it('asks about no item that needs no question, until all are to be asked about', async () => {
    const asked: unknown[] = []
    const unasked = { applies: true, draw: () => Infinity }
    const itemSent: Interceptor['itemSent'] = (_hop, held, { itemNumber }) => {
      asked.push([held, itemNumber])
      return false
    }
    const { sender } = open(20, { tracer: { itemSent, unasked } })
    const scope = new Scope(undefined)
    const send = async (held: unknown) => {
      await runInScope(scope, () => {
        adoptItemTrace(held)
        return sender.send('a')
      })
    }
    for (const held of [undefined, null, undefined, undefined, 'T', undefined]) await send(held)
    expect(asked).toEqual([['T', 4]])
    unasked.applies = false
    for (const held of [undefined, null]) await send(held)
    expect(asked).toEqual([
      ['T', 4],
      [undefined, 6],
      [null, 7],
    ])
  })

  it('passes over as many items as were drawn, from batch to batch', async () => {
    const { begun, tracer } = drawing([5, 0, 3, 7, 1])
    const { outlet, sender } = open(100, { tracer })
    for (const batchCount of [1, 3, 1, 4, 2, 9, 10]) {
      for (let i = 0; i < batchCount; i += 1) await sender.send('a')
      outlet.flush()
    }
    expect(begun).toEqual([5, 6, 10, 18, 20])
  })

  it('follows no other item instead of one that was drawn and belongs to one that is not sampled', async () => {
    const { begun, tracer } = drawing([1, 1])
    const { outlet, sender } = open(20, { tracer })
    const scope = new Scope(undefined)
    for (const held of [undefined, null, undefined, undefined, undefined]) {
      await runInScope(scope, () => {
        adoptItemTrace(held)
        return sender.send('a')
      })
    }
    outlet.flush()
    expect(begun).toEqual([3])
  })

  it('begins the traces of the items that were drawn when their batch goes out, in order with those of others', async () => {
    const begun: [number, boolean][] = []
    // Every other one.
    const unasked = { applies: true, draw: () => 1 }
    const startMs = performance.now()
    const tracer: Interceptor = {
      unasked,
      itemSent(_hop, held, departure) {
        departure.span1 = held as number
        return true
      },
      itemBegun(_hop, departure) {
        begun.push([departure.itemNumber, departure.sentMs >= startMs && departure.sentMs <= performance.now()])
        departure.span1 = departure.itemNumber
        // One that is not followed after all.
        return departure.itemNumber !== 5
      },
    }
    const { outlet, sender } = open(20, { tracer })
    const scope = new Scope(undefined)
    const send = async (item: string | Uint8Array, held?: number) => {
      await runInScope(scope, () => {
        adoptItemTrace(held)
        return sender.send(item)
      })
    }
    for (const item of ['a', 'b', 'c', 'd']) await send(item)
    expect(begun).toEqual([])
    await send('e', 77)
    await send('f')
    await send('g')
    // A run of its own, as the packer knows no bytes.
    const bytes = new Uint8Array(3)
    await send(bytes)
    await send(bytes)
    outlet.flush()
    expect(begun).toEqual([1, 3, 5, 7].map((itemNumber) => [itemNumber, true]))
    expect(outlet.yields.map(([, , items, , traces]) => [items, traces])).toEqual([
      [['a', 'b', 'c', 'd', 'e', 'f', 'g'], Buffer.concat([sampled(1, 1), sampled(3, 3), sampled(4, 77)])],
      [[bytes, bytes], sampled(0, 7)],
    ])
  })

  it('knows the number of the item and how long its batch waited for credit', async () => {
    const sent: [number, boolean][] = []
    const itemSent: Interceptor['itemSent'] = (_hop, _held, departure) => {
      sent.push([departure.itemNumber, departure.creditWaitMs > 0])
      return false
    }
    const { outlet, sender } = open(2, { tracer: { itemSent } })
    await sender.send('a')
    await sender.send('b')
    const waiting = sender.send('c')
    outlet.flush()
    const startMs = performance.now()
    // Longer than the clock's least step.
    while (performance.now() - startMs < 1) await new Promise((resolve) => setImmediate(resolve))
    sender.grant(10, 1024)
    await waiting
    await sender.send('d')
    outlet.flush()
    await sender.send('e')
    expect(sent).toEqual([
      [0, false],
      [1, false],
      [2, true],
      [3, true],
      [4, false],
    ])
  })
})
