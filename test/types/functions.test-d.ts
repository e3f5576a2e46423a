import { describe, expectTypeOf, it } from 'vitest'
import {
  type Batch,
  type CallArgs,
  type Context,
  type ContextHandle,
  type ContextName,
  context,
  type Definition,
  defineActor,
  type Functions,
  type MessageStream,
  type OpenContext,
  type Portal,
  type RunName,
  type RunResult,
  type StreamItem,
  type StreamName,
} from '../../index.ts'

interface Row {
  readonly id: number
}

/** Functions of every shape, by what calls them. */
const plain = {
  nothing() {},
  list: (): Row[] => [],
  table: (): Map<string, Row> => new Map(),
  text: (): string => 'text',
  maybe: (): Row | undefined => undefined,
  later: async (): Promise<Row> => ({ id: 1 }),
  thenable: (): PromiseLike<Row> => Promise.resolve({ id: 1 }),
  quit: (): never => {
    throw new Error('gone')
  },
  quitLater: async (): Promise<never> => {
    throw new Error('gone')
  },
}
const streams = {
  *generator(): Generator<Row, string> {
    yield { id: 1 }
    return 'done'
  },
  async *asyncGenerator(): AsyncGenerator<Row> {},
  iterator: (): IterableIterator<Row> => [{ id: 1 }][Symbol.iterator](),
  asyncIterable: (): AsyncIterable<Row> => streams.asyncGenerator(),
  cursor: async (): Promise<AsyncIterable<Row>> => streams.asyncGenerator(),
  webStream: (): ReadableStream<Row> => new ReadableStream(),
  *batches(): Generator<Batch<Row>> {},
  *mixed(): Generator<Batch<Row> | Row> {},
  either: (): AsyncGenerator<Row> | Generator<Row> => streams.asyncGenerator(),
}
const contexts = { talk: context(async (_ctx: Context<Row>) => 5) }
const all = defineActor('file:///all.ts', { ...plain, ...streams, ...contexts })
type All = typeof all.functions

describe('The names that may be called', () => {
  it('by run are those of functions that give one value, lists and tables too', () => {
    expectTypeOf<RunName<All>>().toEqualTypeOf<keyof typeof plain>()
  })

  it('by stream are those of generators, of what else gives an iterator, and of context functions', () => {
    expectTypeOf<StreamName<All>>().toEqualTypeOf<keyof typeof streams | 'talk'>()
  })

  it('by openContext are those of context functions', () => {
    expectTypeOf<ContextName<All>>().toEqualTypeOf<'talk'>()
  })

  it('are none where there is no function', () => {
    const empty = defineActor('file:///empty.ts', {})
    expectTypeOf<RunName<typeof empty.functions>>().toEqualTypeOf<never>()
  })
})

describe('The result of a function', () => {
  it('is what it resolves to', () => {
    expectTypeOf<RunResult<All['nothing']>>().toEqualTypeOf<void>()
    expectTypeOf<RunResult<All['list']>>().toEqualTypeOf<Row[]>()
    expectTypeOf<RunResult<All['table']>>().toEqualTypeOf<Map<string, Row>>()
    expectTypeOf<RunResult<All['maybe']>>().toEqualTypeOf<Row | undefined>()
    expectTypeOf<RunResult<All['later']>>().toEqualTypeOf<Row>()
    expectTypeOf<RunResult<All['thenable']>>().toEqualTypeOf<Row>()
  })

  it('is never where it never returns', () => {
    expectTypeOf<RunResult<All['quit']>>().toEqualTypeOf<never>()
    expectTypeOf<RunResult<All['quitLater']>>().toEqualTypeOf<never>()
  })
})

describe('The items of a stream', () => {
  it('are rows, whatever they come in', () => {
    expectTypeOf<StreamItem<All[keyof typeof streams]>>().toEqualTypeOf<Row>()
    expectTypeOf<StreamItem<All['cursor']>>().toEqualTypeOf<Row>()
    expectTypeOf<StreamItem<All['batches']>>().toEqualTypeOf<Row>()
    expectTypeOf<StreamItem<All['mixed']>>().toEqualTypeOf<Row>()
    expectTypeOf<StreamItem<All['either']>>().toEqualTypeOf<Row>()
    expectTypeOf<StreamItem<All['talk']>>().toEqualTypeOf<Row>()
  })

  it('are never those of a generator that yields nothing', () => {
    expectTypeOf<StreamItem<() => AsyncGenerator<never>>>().toEqualTypeOf<never>()
  })
})

describe('The arguments of a call', () => {
  it('may be optional, and any number', () => {
    type Fn = (a: string, b?: number, ...rest: boolean[]) => void
    expectTypeOf<CallArgs<Fn>>().toEqualTypeOf<[a: string, b?: number | undefined, ...rest: boolean[]]>()
    const portal = {} as Portal<{ fn: Fn }>
    void portal.run('fn', 'a')
    void portal.run('fn', 'a', undefined, true, false)
    // @ts-expect-error -- the rest are booleans
    void portal.run('fn', 'a', 1, 'yes')
    // @ts-expect-error -- the first is required
    void portal.run('fn')
  })

  it('may be read-only, and tuples', () => {
    type Fn = (rows: readonly Row[], pair: readonly [string, number]) => void
    const portal = {} as Portal<{ fn: Fn }>
    void portal.run('fn', [{ id: 1 }] as const, ['a', 1])
    // @ts-expect-error -- the pair is a string and a number
    void portal.run('fn', [], ['a', 'b'])
    // @ts-expect-error -- the pair is a pair
    void portal.run('fn', [], ['a'])
  })

  it('may be spread from a tuple', () => {
    const portal = {} as Portal<{ fn: (...args: readonly [string, number]) => void }>
    const args = ['a', 1] as const
    void portal.run('fn', ...args)
  })

  it('are unions where the function takes one', () => {
    const portal = {} as Portal<{ fn: (of: { by: 'id'; id: number } | { by: 'name'; name: string }) => void }>
    void portal.run('fn', { by: 'id', id: 1 })
    // @ts-expect-error -- a name goes with it
    void portal.run('fn', { by: 'name', id: 1 })
  })

  it('of overloads are those of the last one', () => {
    function find(id: number): Row
    function find(name: string): Row[]
    function find(by: number | string): Row | Row[] {
      return typeof by === 'number' ? { id: by } : []
    }
    const portal = {} as Portal<{ find: typeof find }>
    expectTypeOf(portal.run('find', 'a')).toEqualTypeOf<Promise<Row[]>>()
    // @ts-expect-error -- TypeScript shows only the last overload of a function
    void portal.run('find', 1)
  })

  it('of a generic function are as wide as its constraints', () => {
    const portal = {} as Portal<{ first: <T extends Row>(rows: T[]) => T }>
    expectTypeOf(portal.run('first', [{ id: 1 }])).toEqualTypeOf<Promise<Row>>()
    // @ts-expect-error -- rows have an id
    void portal.run('first', [{}])
  })

  it('keep a method from asking for its this', () => {
    const portal = {} as Portal<{ fn: (this: void, n: number) => number }>
    expectTypeOf(portal.run('fn', 1)).toEqualTypeOf<Promise<number>>()
  })
})

describe('A function whose result type says nothing', () => {
  const loose = defineActor('file:///loose.ts', {
    parse: (text: string) => JSON.parse(text),
    load: async (): Promise<any> => undefined,
    look: (): unknown => undefined,
  })
  const portal = {} as Portal<typeof loose.functions>

  it('may be called in any way', () => {
    expectTypeOf(portal.run('parse', '1')).toEqualTypeOf<Promise<any>>()
    expectTypeOf(portal.run('load')).toEqualTypeOf<Promise<any>>()
    expectTypeOf(portal.run('look')).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(portal.stream('load')).toEqualTypeOf<MessageStream<any>>()
    expectTypeOf(portal.stream('look')).toEqualTypeOf<MessageStream<unknown>>()
  })

  it('has its own arguments all the same', () => {
    // @ts-expect-error -- it takes text
    void portal.run('parse', 1)
  })
})

describe('The portal of an actor of which nothing is known', () => {
  it('takes any name and arguments', () => {
    const unknown = {} as Portal<Functions>
    expectTypeOf(unknown.run('anything', 1, 'two')).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(unknown.stream('anything', 1)).toEqualTypeOf<MessageStream<unknown>>()
    expectTypeOf(unknown.openContext('anything')).toEqualTypeOf<Promise<OpenContext<unknown, any, unknown, unknown>>>()
    const any = {} as Portal<any>
    expectTypeOf(any.run('anything', 1)).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(any.stream('anything', 1)).toEqualTypeOf<MessageStream<any>>()
  })

  it('is what every portal can be taken for', () => {
    expectTypeOf<Portal<All>>().toExtend<Portal<Functions>>()
    expectTypeOf<Portal<All>>().toExtend<Portal<any>>()
    expectTypeOf<Definition<All>>().toExtend<Definition<Functions>>()
  })

  it('has no context handle of a function that is known to be none', () => {
    expectTypeOf<ContextHandle<() => number>>().toEqualTypeOf<never>()
  })
})

describe('defineActor', () => {
  it('keeps the type of each function', () => {
    expectTypeOf<All['later']>().toEqualTypeOf<() => Promise<Row>>()
    expectTypeOf(all).toEqualTypeOf<Definition<All>>()
  })

  it('leaves functions that are written in place their own parameters', () => {
    const inPlace = defineActor('file:///inPlace.ts', {
      scale: (n: number, by = 2) => n * by,
      async *count({ from = 0 } = {}) {
        yield from
      },
    })
    const portal = {} as Portal<typeof inPlace.functions>
    expectTypeOf(portal.run('scale', 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(portal.stream('count', { from: 1 })).toEqualTypeOf<MessageStream<number>>()
    // @ts-expect-error -- the default is a number
    void portal.run('scale', 1, 'two')
    // @ts-expect-error -- nothing says what it takes
    defineActor('file:///inPlace.ts', { same: (x) => x })
  })

  it('takes functions only', () => {
    // @ts-expect-error -- a value
    defineActor('file:///all.ts', { rows: [1, 2] })
    // @ts-expect-error -- a class is no function to call
    defineActor('file:///all.ts', { Row: class {} })
    // @ts-expect-error -- the functions are missing
    defineActor('file:///all.ts')
  })
})
