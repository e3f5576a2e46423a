import { describe, expectTypeOf, it } from 'vitest'
import type { ItemOf } from '../../engine/index.ts'
import {
  type Batch,
  batch,
  type Context,
  context,
  defineActor,
  type MessageStream,
  type Nursery,
  type OpenContext,
  type Portal,
  sleep,
  waitForActor,
} from '../../index.ts'

// The actor of the README: every kind of function that may be exposed.
async function cellarDoor() {
  return "Dang that's beautiful"
}
function add(a: number, b = 1) {
  return a + b
}
function quit(): never {
  throw new Error('gone')
}
async function* streamForever(delayMs: number) {
  for (;;) {
    yield 'I can see these little future bubble things'
    await sleep(delayMs)
  }
}
function* count(to: number) {
  for (let n = 0; n < to; n += 1) yield n
}
interface Row {
  id: number
}
async function* rows(): AsyncGenerator<Batch<Row> | Row> {
  yield batch([{ id: 1 }])
  yield { id: 2 }
}
const streamer = context(async (ctx: Context<string>, url: string, rateHz = 2) => {
  await ctx.sendYield(url)
  await sleep(1000 / rateHz)
})
const dialogue = context(async (ctx: Context<number, string, { ready: boolean }>) => {
  await ctx.started({ ready: true })
  for await (const text of ctx.stream) await ctx.stream.send(text.length)
  return 'bye'
})

const film = defineActor('file:///film.ts', { cellarDoor, add, quit, streamForever, count, rows, streamer, dialogue })
type Film = typeof film.functions

declare const donny: Portal<Film>
declare const nursery: Nursery

describe('portal.run', () => {
  it('resolves to what the function returns, sync or async', () => {
    expectTypeOf(donny.run('cellarDoor')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(donny.run('add', 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(donny.run('add', 1, 2)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(donny.run('quit')).toEqualTypeOf<Promise<never>>()
  })

  it('takes only the arguments of the function', () => {
    // @ts-expect-error -- one is missing
    void donny.run('add')
    // @ts-expect-error -- of another type
    void donny.run('add', '1')
    // @ts-expect-error -- one too many
    void donny.run('cellarDoor', 1)
  })

  it('takes only the names of plain functions', () => {
    // @ts-expect-error -- not exposed
    void donny.run('cellarDoors')
    // @ts-expect-error -- a generator
    void donny.run('streamForever', 10)
    // @ts-expect-error -- a context function
    void donny.run('dialogue')
  })
})

describe('portal.stream', () => {
  it('gives the items of generators, sync and async', () => {
    expectTypeOf(donny.stream('streamForever', 10)).toEqualTypeOf<MessageStream<string>>()
    expectTypeOf(donny.stream('count', 10)).toEqualTypeOf<MessageStream<number>>()
  })

  it('gives the items of a batch one by one', () => {
    expectTypeOf(donny.stream('rows')).toEqualTypeOf<MessageStream<Row>>()
    expectTypeOf<ItemOf<Batch<string> | number>>().toEqualTypeOf<string | number>()
  })

  it('gives what a context function sends, and takes its arguments without the context', () => {
    expectTypeOf(donny.stream('streamer', 'http://localhost')).toEqualTypeOf<MessageStream<string>>()
    expectTypeOf(donny.stream('streamer', 'http://localhost', 5)).toEqualTypeOf<MessageStream<string>>()
    // @ts-expect-error -- the url is missing
    donny.stream('streamer')
    // @ts-expect-error -- the rate is a number
    donny.stream('streamer', 'http://localhost', 'fast')
  })

  it('gives arrays of items from batches()', () => {
    expectTypeOf(donny.stream('count', 10).batches()).toEqualTypeOf<
      AsyncIterableIterator<readonly number[], undefined>
    >()
  })

  it('takes only the names of generators and context functions', () => {
    // @ts-expect-error -- a plain function
    donny.stream('add', 1)
    // @ts-expect-error -- a function that never returns
    donny.stream('quit')
    // @ts-expect-error -- not exposed
    donny.stream('streamOnce')
  })

  it('lets nothing be sent', () => {
    // @ts-expect-error -- it only comes in
    void donny.stream('count', 10).send(1)
  })
})

describe('portal.openContext', () => {
  it('gives the started value, both directions and the result', async () => {
    const opened = donny.openContext('dialogue')
    expectTypeOf(opened).toEqualTypeOf<Promise<OpenContext<number, string, { ready: boolean }, string>>>()
    const context = await opened
    expectTypeOf(context.value.ready).toEqualTypeOf<boolean>()
    expectTypeOf(context.stream).toEqualTypeOf<MessageStream<number, string>>()
    expectTypeOf(context.result()).toEqualTypeOf<Promise<string>>()
    // @ts-expect-error -- it receives strings
    void context.stream.send(5)
  })

  it('takes only the names of context functions', () => {
    // @ts-expect-error -- a generator
    void donny.openContext('streamForever', 10)
    // @ts-expect-error -- a plain function
    void donny.openContext('add', 1)
  })
})

describe('A context function', () => {
  it('sends, receives and starts with its own types', () => {
    context(async (ctx: Context<number, string, { ready: boolean }>) => {
      expectTypeOf(ctx.stream).toEqualTypeOf<MessageStream<string, number>>()
      // @ts-expect-error -- it sends numbers
      await ctx.sendYield('five')
      // @ts-expect-error -- it starts with a value
      await ctx.started()
      // @ts-expect-error -- of another type
      await ctx.started({ ready: 'yes' })
    })
  })

  it('starts without a value where it has none', () => {
    context(async (ctx: Context<string>) => {
      await ctx.started()
      // @ts-expect-error -- there is none
      await ctx.started(1)
    })
  })

  it('stays a function that can be called with a context', () => {
    expectTypeOf(dialogue).toBeCallableWith({} as Context<number, string, { ready: boolean }>)
  })
})

describe('The other ways to a portal', () => {
  it('have the types of the definition', () => {
    expectTypeOf(nursery.startActor('donny', film)).resolves.toEqualTypeOf<Portal<Film>>()
    expectTypeOf(waitForActor('donny', film)).resolves.toEqualTypeOf<Portal<Film>>()
    expectTypeOf(donny.with({ timeoutMs: 5 })).toEqualTypeOf<Portal<Film>>()
  })

  it('give the result of a function that an actor is started for', async () => {
    const frank = await nursery.runInActor('frank', film, 'add', 1)
    expectTypeOf(frank.result()).toEqualTypeOf<Promise<number>>()
    // @ts-expect-error -- a generator
    await nursery.runInActor('frank', film, 'count', 1)
  })
})

describe('defineActor', () => {
  it('takes functions only', () => {
    // @ts-expect-error -- a value
    defineActor('file:///film.ts', { version: 5 })
    // @ts-expect-error -- no module
    defineActor({ add })
  })
})
