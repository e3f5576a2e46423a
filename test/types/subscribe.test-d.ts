import { describe, expectTypeOf, it } from 'vitest'
import type { SubscribeOptions, Subscription } from '../../engine/subscription.ts'
import type { MessageStream } from '../../index.ts'

interface Row {
  readonly id: number
}
declare const stream: MessageStream<Row, string>

describe('stream.subscribe', () => {
  it('gives the items of the stream', async () => {
    const subscription = stream.subscribe()
    expectTypeOf(subscription).toEqualTypeOf<Subscription<Row>>()
    expectTypeOf(subscription.next()).resolves.toEqualTypeOf<IteratorResult<Row, undefined>>()
    expectTypeOf(subscription.missedCount).toEqualTypeOf<number>()
    for await (const row of subscription) expectTypeOf(row).toEqualTypeOf<Row>()
    for await (const rows of subscription.batches()) expectTypeOf(rows).toEqualTypeOf<readonly Row[]>()
  })

  it('can be disposed, and piped where an async iterable is wanted', async () => {
    await using subscription = stream.subscribe()
    expectTypeOf(subscription).toExtend<AsyncIterableIterator<Row, undefined>>()
    expectTypeOf(subscription).toExtend<AsyncDisposable>()
  })

  it('takes its options, all of them optional', () => {
    stream.subscribe({})
    stream.subscribe({ lag: 'hold', capacityCount: 10 })
    expectTypeOf<SubscribeOptions['lag']>().toEqualTypeOf<'throw' | 'skip' | 'hold' | undefined>()
    // @ts-expect-error -- there is no such way to lag
    stream.subscribe({ lag: 'drop' })
    // @ts-expect-error -- a number of items
    stream.subscribe({ capacityCount: '10' })
    // @ts-expect-error -- no such option
    stream.subscribe({ capacity: 10 })
  })

  it('gives a side that only comes in', () => {
    // @ts-expect-error -- the stream itself sends
    void stream.subscribe().send('text')
    // @ts-expect-error -- the count is not to be set
    stream.subscribe().missedCount = 0
  })
})

describe('A stream', () => {
  it('can be taken for one of wider items, or that is sent less', () => {
    expectTypeOf<MessageStream<Row, string>>().toExtend<MessageStream<unknown, string>>()
    expectTypeOf<MessageStream<Row, string>>().toExtend<MessageStream<Row>>()
    expectTypeOf<MessageStream<Row>>().not.toExtend<MessageStream<Row, string>>()
    expectTypeOf<MessageStream<unknown>>().not.toExtend<MessageStream<Row>>()
    expectTypeOf<Subscription<Row>>().toExtend<Subscription<unknown>>()
  })

  it('iterates itself and its batches', () => {
    expectTypeOf(stream[Symbol.asyncIterator]()).toEqualTypeOf<MessageStream<Row, string>>()
    expectTypeOf(stream.return()).resolves.toEqualTypeOf<IteratorResult<Row, undefined>>()
    expectTypeOf(stream).toExtend<AsyncIterable<Row>>()
  })
})
