import { describe, expectTypeOf, it } from 'vitest'
import {
  type ActorId,
  type CallOptions,
  type CurrentActor,
  currentActor,
  defineActor,
  findActor,
  getRegistry,
  type Portal,
  waitForActor,
} from '../../index.ts'
import { getActor, type Lease, MemoryRegistry, type Registration, type Registry } from '../../registry/index.ts'

const sums = defineActor('file:///sums.ts', { add: (a: number, b: number) => a + b })
type Sums = typeof sums.functions
declare const portal: Portal<Sums>

describe('Looking an actor up', () => {
  it('gives a portal with the functions of the definition', () => {
    expectTypeOf(findActor('sums', sums)).toEqualTypeOf<Promise<Portal<Sums> | undefined>>()
    expectTypeOf(waitForActor('sums', sums)).toEqualTypeOf<Promise<Portal<Sums>>>()
    expectTypeOf(waitForActor('sums', sums, { timeoutMs: 5 })).toEqualTypeOf<Promise<Portal<Sums>>>()
    expectTypeOf(getActor({ name: 'sums', id: 's1' }, sums)).toEqualTypeOf<Promise<Portal<Sums>>>()
  })

  it('may find nothing, which has to be looked at', async () => {
    const found = await findActor('sums', sums)
    // @ts-expect-error -- it may not be there
    void found.run('add', 1, 2)
    expectTypeOf(found?.run('add', 1, 2)).toEqualTypeOf<Promise<number> | undefined>()
  })

  it('wants a definition', () => {
    // @ts-expect-error -- a name alone has no functions
    void findActor('sums')
    // @ts-expect-error -- these are only the functions
    void waitForActor('sums', sums.functions)
    // @ts-expect-error -- milliseconds
    void waitForActor('sums', sums, { timeout: 5 })
    // @ts-expect-error -- a name is not who an actor is
    void getActor('sums', sums)
  })
})

describe('A portal', () => {
  it('keeps its functions with other call options', () => {
    expectTypeOf(portal.with({ timeoutMs: 5 })).toEqualTypeOf<Portal<Sums>>()
    expectTypeOf(
      portal.with({ signal: AbortSignal.timeout(5), windowCount: 1, windowBytes: 1, headers: { who: 'me' } }),
    ).toEqualTypeOf<Portal<Sums>>()
    expectTypeOf(portal.with({ timeoutMs: 5 }).run('add', 1, 2)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(portal.with).parameters.toEqualTypeOf<[options: CallOptions]>()
  })

  it('takes no other options', () => {
    // @ts-expect-error -- milliseconds
    portal.with({ timeout: 5 })
    // @ts-expect-error -- a number
    portal.with({ windowCount: 'many' })
    // @ts-expect-error -- text
    portal.with({ headers: { who: 5 } })
    // @ts-expect-error -- leave it out instead
    portal.with({ signal: undefined })
  })

  it('knows its actor, and can end it', () => {
    expectTypeOf(portal.actor).toEqualTypeOf<ActorId>()
    expectTypeOf(portal.cancelActor).parameters.toEqualTypeOf<[reason?: string | undefined]>()
    expectTypeOf(portal.cancelActor()).toEqualTypeOf<Promise<void>>()
  })
})

describe('A registry', () => {
  it('is that of the current actor', () => {
    expectTypeOf(getRegistry()).toEqualTypeOf<Promise<Registry>>()
    expectTypeOf(currentActor()).toEqualTypeOf<CurrentActor>()
    expectTypeOf(currentActor().registry).toEqualTypeOf<Registry>()
    expectTypeOf(currentActor().state).toEqualTypeOf<Map<string, unknown>>()
  })

  it('finds, waits for and lists registrations', () => {
    const registry: Registry = new MemoryRegistry()
    expectTypeOf(registry.find('sums')).resolves.toEqualTypeOf<Registration | undefined>()
    expectTypeOf(registry.waitFor('sums', { signal: AbortSignal.timeout(5) })).resolves.toEqualTypeOf<Registration>()
    expectTypeOf(registry.list()).resolves.toEqualTypeOf<readonly Registration[]>()
    expectTypeOf(registry.register).returns.resolves.toEqualTypeOf<Lease>()
    // @ts-expect-error -- without a signal nobody could end the wait
    void registry.waitFor('sums')
  })
})
