import { describe, expectTypeOf, it } from 'vitest'
import type { Cluster, MappedResults, Shared } from '../../index.ts'
import { openCluster, shared } from '../../index.ts'
import works from '../fixtures/actors/works.ts'

describe('openCluster', () => {
  it('gives a cluster of the definition, or what its body returns', () => {
    const open = () => openCluster({ definition: works, count: 2, cancelGraceMs: 100 })
    expectTypeOf(open).returns.resolves.toEqualTypeOf<Cluster<typeof works.functions>>()
    const withBody = () => openCluster({ definition: works }, (pool) => pool.count)
    expectTypeOf(withBody).returns.resolves.toEqualTypeOf<number>()
  })
})

describe('map', () => {
  const test = (_body: (pool: Cluster<typeof works.functions>) => unknown) => undefined

  it('takes what the function takes, and gives what it gives', () => {
    test((pool) => expectTypeOf(pool.map([1, 2], 'square')).toEqualTypeOf<MappedResults<number>>())
    test((pool) =>
      expectTypeOf(pool.map(new Set([1]), 'whoAmI', { ordered: false })).toEqualTypeOf<MappedResults<string>>(),
    )
    test((pool) => pool.map(pool.portals[0]?.stream('count', 3) ?? [], 'square'))
    // @ts-expect-error -- square takes numbers
    test((pool) => pool.map(['one'], 'square'))
  })

  it('refuses the names of streams, and functions that one argument is not enough for', () => {
    // @ts-expect-error -- a generator is read with portal.stream
    test((pool) => pool.map([1], 'count'))
    // @ts-expect-error -- add takes two numbers
    test((pool) => pool.map([1], 'add'))
    // @ts-expect-error -- there is no such function
    test((pool) => pool.map([1], 'cube'))
  })
})

describe('shared', () => {
  it('gives the resource that can be disposed of, or the value of one that can be closed', () => {
    const server = { port: 1, [Symbol.asyncDispose]: async () => undefined }
    expectTypeOf(shared('a', () => server)).resolves.toEqualTypeOf<Shared<typeof server>>()
    expectTypeOf(shared('b', async () => ({ value: 'b', close: () => 1 }))).resolves.toEqualTypeOf<Shared<string>>()
    expectTypeOf(
      shared(
        'c',
        () => server,
        (value) => value.port,
      ),
    ).resolves.toEqualTypeOf<number>()
    // @ts-expect-error -- nothing says how it is closed
    void shared('d', () => ({ value: 1 }))
  })
})
