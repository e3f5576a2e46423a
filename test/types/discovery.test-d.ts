import { describe, expectTypeOf, it } from 'vitest'
import {
  type ActorId,
  type CallOptions,
  type CurrentActor,
  currentActor,
  defineActor,
  findActor,
  findActors,
  getRegistry,
  holdLeadership,
  type LedgerEntry,
  type Portal,
  type RegistryChange,
  waitForActor,
  watchActors,
} from '../../index.ts'
import {
  type Capabilities,
  type FindOptions,
  getActor,
  type Lease,
  MemoryRegistry,
  type Registration,
  type Registry,
  type RegistryUnavailableError,
  type Selection,
} from '../../registry/index.ts'

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

  it('gives all of a name, each with those functions', () => {
    expectTypeOf(findActors('sums', sums)).toEqualTypeOf<Promise<Portal<Sums>[]>>()
    expectTypeOf(findActors('sums', sums, { capabilities: { gpu: true } })).toEqualTypeOf<Promise<Portal<Sums>[]>>()
  })

  it('chooses by what they can do, and which of several', () => {
    expectTypeOf<Selection>().toEqualTypeOf<'newest' | 'any' | 'nearest' | 'round-robin'>()
    expectTypeOf<Capabilities>().toEqualTypeOf<Readonly<Record<string, string | number | boolean>>>()
    expectTypeOf(findActor).parameter(2).toEqualTypeOf<FindOptions | undefined>()
    void findActor('sums', sums, { select: 'nearest', capabilities: { gpu: true, cores: 4, zone: 'eu' }, timeoutMs: 5 })
    void waitForActor('sums', sums, { select: 'round-robin', capabilities: { gpu: true } })
    // @ts-expect-error -- no such way to choose
    void findActor('sums', sums, { select: 'best' })
    // @ts-expect-error -- what cannot be compared
    void findActors('sums', sums, { capabilities: { gpu: { cores: 4 } } })
    // @ts-expect-error -- one by one they would not be all
    void findActors('sums', sums, { selection: 'any' })
  })

  it('wants a definition', () => {
    // @ts-expect-error -- a name alone has no functions
    void findActors('sums')
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

describe('Watching', () => {
  it('tells of those who come and leave, one by one', async () => {
    expectTypeOf(watchActors('worker-*')).toEqualTypeOf<AsyncGenerator<RegistryChange, undefined>>()
    for await (const { kind, registration } of watchActors('*')) {
      expectTypeOf(kind).toEqualTypeOf<'came' | 'left'>()
      expectTypeOf(registration).toEqualTypeOf<Registration>()
    }
    // @ts-expect-error -- a pattern is text
    watchActors(/worker/)
  })
})

describe('Leadership', () => {
  it('gives what its function returns, which is told when it is lost', () => {
    const led = holdLeadership('duties', (signal, fence) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(fence).toEqualTypeOf<number>()
      return 'done'
    })
    expectTypeOf(led).toEqualTypeOf<Promise<string>>()
    expectTypeOf(holdLeadership('duties', async () => 5)).toEqualTypeOf<Promise<number>>()
    // @ts-expect-error -- whoever leads does something
    void holdLeadership('duties')
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
    expectTypeOf(currentActor().fence).toEqualTypeOf<number | undefined>()
    expectTypeOf(currentActor().state).toEqualTypeOf<Map<string, unknown>>()
  })

  it('finds, waits for and lists registrations', () => {
    const registry: Registry = new MemoryRegistry()
    expectTypeOf(registry.find('sums')).resolves.toEqualTypeOf<Registration | undefined>()
    expectTypeOf(registry.waitFor('sums', { signal: AbortSignal.timeout(5) })).resolves.toEqualTypeOf<Registration>()
    expectTypeOf(registry.list()).resolves.toEqualTypeOf<readonly Registration[]>()
    expectTypeOf(registry.register).returns.resolves.toEqualTypeOf<Lease>()
    expectTypeOf(registry.outage).toEqualTypeOf<RegistryUnavailableError | undefined>()
    // @ts-expect-error -- without a signal nobody could end the wait
    void registry.waitFor('sums')
  })

  it('has a ledger, whose entries are told apart by their kind', async () => {
    const registry = await getRegistry()
    expectTypeOf(registry.readLedger({ follow: true, sinceMs: 5, actor: 'w*' })).toEqualTypeOf<
      AsyncIterableIterator<LedgerEntry, undefined>
    >()
    for await (const entry of registry.readLedger()) {
      expectTypeOf(entry.atMs).toEqualTypeOf<number>()
      if (entry.kind === 'registered') expectTypeOf(entry.registration).toEqualTypeOf<Registration>()
      if (entry.kind === 'expired') expectTypeOf(entry.why).toEqualTypeOf<string>()
      if (entry.kind === 'gap') expectTypeOf(entry.missedCount).toEqualTypeOf<number | undefined>()
      // @ts-expect-error -- not all of them have one
      void entry.why
    }
  })
})
