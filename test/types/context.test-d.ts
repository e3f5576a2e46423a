import { describe, expectTypeOf, it } from 'vitest'
import {
  type ActorId,
  type CallArgs,
  type Context,
  type ContextFunction,
  type ContextHandle,
  context,
  defineActor,
  type MessageStream,
  type OpenContext,
  type Portal,
} from '../../index.ts'

interface Order {
  readonly id: number
}
interface Receipt {
  readonly total: number
}

const serve = context(
  async (ctx: Context<Receipt, Order, { readonly ready: boolean }>, shop: string, ...shelves: readonly number[]) => {
    await ctx.started({ ready: true })
    return [shop, shelves.length] as const
  },
)
const listen = context(async (_ctx: Context<never, string>) => undefined)
const bare = context(() => 'done')
const endless = context(async (_ctx: Context<number>): Promise<never> => {
  throw new Error('gone')
})
const shop = defineActor('file:///shop.ts', { serve, listen, bare, endless })
declare const portal: Portal<typeof shop.functions>

describe('A context function', () => {
  it('has the types of its context, its further arguments and its result', () => {
    expectTypeOf(serve).toEqualTypeOf<
      ContextFunction<
        Receipt,
        Order,
        { readonly ready: boolean },
        [shop: string, ...shelves: number[]],
        readonly [string, number]
      >
    >()
    expectTypeOf<CallArgs<typeof serve>>().toEqualTypeOf<[shop: string, ...shelves: number[]]>()
  })

  it('must be a function that a context can be given to', () => {
    // @ts-expect-error -- it takes a number
    context(async (n: number) => n)
    // @ts-expect-error -- no function
    context({ serve })
    // @ts-expect-error -- no function at all
    context()
  })

  it('may do without its context', () => {
    expectTypeOf<ContextHandle<typeof bare>['result']>().returns.resolves.toEqualTypeOf<string>()
  })

  it('sends anything, receives nothing and starts without a value where its context says no more', () => {
    context(async (ctx: Context) => {
      await ctx.sendYield('anything')
      await ctx.started()
      expectTypeOf(ctx.stream).toEqualTypeOf<MessageStream<never, unknown>>()
    })
  })

  it('has a context and arguments with types, or it is a mistake', () => {
    // @ts-expect-error -- nothing says what it sends
    context(async (ctx) => {
      await ctx.started()
    })
    // @ts-expect-error -- nothing says what the argument is
    context(async (_ctx: Context<string>, url) => url)
  })

  it('has arguments whose default is their type', () => {
    const paced = context(async (_ctx: Context<string>, rateHz = 2) => rateHz)
    expectTypeOf<CallArgs<typeof paced>>().toEqualTypeOf<[rateHz?: number | undefined]>()
  })

  it('knows its caller and its signal', () => {
    context((ctx: Context<number>) => {
      expectTypeOf(ctx.caller).toEqualTypeOf<ActorId>()
      expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(ctx.cancel).parameters.toEqualTypeOf<[reason?: string | undefined]>()
    })
  })
})

describe('What goes through a context', () => {
  it('is sent with its type, from either side', () => {
    context(async (ctx: Context<Receipt, Order>) => {
      await ctx.sendYield({ total: 1 })
      await ctx.stream.send({ total: 1 })
      await ctx.stream.sendYield({ total: 1 })
      // @ts-expect-error -- it sends receipts
      await ctx.sendYield({ id: 1 })
      // @ts-expect-error -- it sends receipts
      await ctx.stream.send('receipt')
      // @ts-expect-error -- nothing is no receipt
      await ctx.stream.sendYield()
    })
  })

  it('is received with its type', async () => {
    context(async (ctx: Context<Receipt, Order>) => {
      for await (const order of ctx.stream) expectTypeOf(order).toEqualTypeOf<Order>()
      for await (const orders of ctx.stream.batches()) expectTypeOf(orders).toEqualTypeOf<readonly Order[]>()
      const next = await ctx.stream.next()
      expectTypeOf(next).toEqualTypeOf<IteratorResult<Order, undefined>>()
    })
  })

  it('is nothing where the context says so', async () => {
    const listening = await portal.openContext('listen')
    await listening.stream.send('text')
    expectTypeOf(listening.stream).toEqualTypeOf<MessageStream<never, string>>()
    context(async (ctx: Context<never, string>) => {
      // @ts-expect-error -- it only listens
      await ctx.sendYield('text')
    })
  })
})

describe('started', () => {
  it('wants the value of its type', () => {
    context(async (ctx: Context<Receipt, Order, number>) => {
      await ctx.started(1)
      // @ts-expect-error -- the value is missing
      await ctx.started()
      // @ts-expect-error -- of another type
      await ctx.started('one')
      // @ts-expect-error -- one too many
      await ctx.started(1, 2)
    })
  })

  it('may do without a value that is optional', () => {
    context(async (ctx: Context<Receipt, Order, number | undefined>) => {
      await ctx.started()
      await ctx.started(1)
    })
    context(async (ctx: Context<Receipt, Order, void>) => {
      await ctx.started()
    })
  })
})

describe('An open context', () => {
  it('has the types of both directions, of started and of the result', async () => {
    const opened = portal.openContext('serve', 'corner', 1, 2)
    expectTypeOf(opened).resolves.toEqualTypeOf<
      OpenContext<Receipt, Order, { readonly ready: boolean }, readonly [string, number]>
    >()
    await using context = await opened
    expectTypeOf(context.value).toEqualTypeOf<{ readonly ready: boolean }>()
    expectTypeOf(context.result()).resolves.toEqualTypeOf<readonly [string, number]>()
    expectTypeOf(context.cancel).parameters.toEqualTypeOf<[reason?: string | undefined]>()
    for await (const receipt of context.stream) expectTypeOf(receipt).toEqualTypeOf<Receipt>()
    await context.stream.send({ id: 1 })
    // @ts-expect-error -- it receives orders
    await context.stream.send({ total: 1 })
  })

  it('has no value where started has none', async () => {
    const listening = await portal.openContext('listen')
    expectTypeOf(listening.value).toEqualTypeOf<undefined>()
  })

  it('never has a result of a function that never returns', async () => {
    const running = await portal.openContext('endless')
    expectTypeOf(running.result()).toEqualTypeOf<Promise<never>>()
  })

  it('takes the arguments after the context', () => {
    // @ts-expect-error -- the shop is missing
    void portal.openContext('serve')
    // @ts-expect-error -- shelves are numbers
    void portal.openContext('serve', 'corner', 'top')
    // @ts-expect-error -- the context is the engine's to give
    void portal.openContext('serve', {} as Context<Receipt, Order, { readonly ready: boolean }>, 'corner')
  })
})

describe('A context function called for its stream', () => {
  it('gives what it sends, and takes nothing', () => {
    const receipts = portal.stream('serve', 'corner')
    expectTypeOf(receipts).toEqualTypeOf<MessageStream<Receipt>>()
    // @ts-expect-error -- a stream only comes in
    void receipts.send({ id: 1 })
    // @ts-expect-error -- a context function is not run
    void portal.run('serve', 'corner')
  })
})
