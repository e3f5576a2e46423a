import { describe, expectTypeOf, it } from 'vitest'
import {
  defineActor,
  type Nursery,
  openNursery,
  openRoot,
  type Portal,
  type ResultPortal,
  type Root,
  run,
  type SpawnOptions,
} from '../../index.ts'

const sums = defineActor('file:///sums.ts', {
  add: (a: number, b = 1) => a + b,
  load: async (path: string, ...options: readonly string[]) => ({ path, options }),
  *count(to: number) {
    yield to
  },
  quit: (): never => {
    throw new Error('gone')
  },
})
type Sums = typeof sums.functions
declare const nursery: Nursery

describe('nursery.startActor', () => {
  it('gives a portal with the functions of the definition', () => {
    expectTypeOf(nursery.startActor('sums', sums)).toEqualTypeOf<Promise<Portal<Sums>>>()
    expectTypeOf(nursery.startActor('sums', sums, { env: { LEVEL: '1' } })).resolves.toEqualTypeOf<Portal<Sums>>()
  })

  it('wants a definition', () => {
    // @ts-expect-error -- these are only the functions
    void nursery.startActor('sums', sums.functions)
    // @ts-expect-error -- no definition
    void nursery.startActor('sums')
    // @ts-expect-error -- a name is text
    void nursery.startActor(1, sums)
    // @ts-expect-error -- no such option
    void nursery.startActor('sums', sums, { environment: {} })
  })
})

describe('nursery.runInActor', () => {
  it('gives the result of the function, and a portal', async () => {
    const adding = nursery.runInActor('adding', sums, 'add', 1)
    expectTypeOf(adding).toEqualTypeOf<Promise<ResultPortal<Sums, number>>>()
    const portal = await adding
    expectTypeOf(portal).toExtend<Portal<Sums>>()
    expectTypeOf(portal.result()).toEqualTypeOf<Promise<number>>()
    const loading = await nursery.runInActor('loading', sums, 'load', 'a.txt', 'utf8', 'fast')
    expectTypeOf(loading.result()).resolves.toEqualTypeOf<{ path: string; options: readonly string[] }>()
    const quitting = await nursery.runInActor('quitting', sums, 'quit')
    expectTypeOf(quitting.result()).toEqualTypeOf<Promise<never>>()
  })

  it('takes only plain functions and their arguments', () => {
    // @ts-expect-error -- a generator
    void nursery.runInActor('counting', sums, 'count', 1)
    // @ts-expect-error -- not exposed
    void nursery.runInActor('adding', sums, 'subtract', 1)
    // @ts-expect-error -- a number is missing
    void nursery.runInActor('adding', sums, 'add')
    // @ts-expect-error -- of another type
    void nursery.runInActor('adding', sums, 'add', 'one')
  })
})

describe('nursery.startTask', () => {
  it('gives what the task returns, at once or later', () => {
    expectTypeOf(nursery.startTask(() => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(nursery.startTask(async () => 'five')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(nursery.startTask(async () => {})).toEqualTypeOf<Promise<void>>()
  })

  it('takes a function without parameters', () => {
    // @ts-expect-error -- nobody gives it a number
    void nursery.startTask((n: number) => n)
    // @ts-expect-error -- a promise is a task that runs already
    void nursery.startTask(Promise.resolve(5))
  })
})

describe('A nursery', () => {
  it('can be had with other options, and be cancelled', () => {
    expectTypeOf(nursery.with({ cancelGraceMs: 5 })).toEqualTypeOf<Nursery>()
    expectTypeOf(nursery.with).parameters.toEqualTypeOf<[options: SpawnOptions]>()
    expectTypeOf(nursery.cancel).parameters.toEqualTypeOf<[reason?: string | undefined]>()
    expectTypeOf(nursery.signal).toEqualTypeOf<AbortSignal>()
  })
})

describe('openNursery and run', () => {
  it('resolve to what their function returns', () => {
    expectTypeOf(openNursery(() => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(openNursery(async (inner) => await inner.startTask(() => 'five'))).toEqualTypeOf<Promise<string>>()
    expectTypeOf(run(async () => [1])).toEqualTypeOf<Promise<number[]>>()
    expectTypeOf(run(() => {}, { name: 'main' })).toEqualTypeOf<Promise<void>>()
    expectTypeOf(openNursery<number>)
      .parameter(0)
      .parameter(0)
      .toEqualTypeOf<Nursery>()
  })

  it('take a function', () => {
    // @ts-expect-error -- a nursery has a body
    void openNursery()
    // @ts-expect-error -- a promise runs already
    void run(Promise.resolve())
    // @ts-expect-error -- no such option
    void run(() => undefined, { title: 'main' })
  })

  it('have a root beside them that is disposed', async () => {
    await using root = await openRoot({ name: 'main' })
    expectTypeOf(root).toEqualTypeOf<Root>()
    expectTypeOf(root).toExtend<AsyncDisposable>()
  })
})
