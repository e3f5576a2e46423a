import {
  type ActorId,
  interruptible,
  type Lease,
  type LedgerEntry,
  type LedgerNote,
  type LedgerOptions,
  type LookupOptions,
  type Registration,
  type Registry,
  type RegistryChange,
  type RegistryHost,
  type RegistryUnavailableError,
  type RetireOptions,
  type WaitOptions,
} from '../../engine/index.ts'
import type { LedgerNews } from '../ledger-feed.ts'
import { type LedgerPage, type LedgerStore, readLedger } from '../read-ledger.ts'
import { type RegistrationSource, waitForRegistration } from '../wait-for-registration.ts'
import { watchRegistrations } from '../watch-registrations.ts'
import { leadInTurn } from './lead-in-turn.ts'
import { parseEntries, parseRegistration } from './ledger-codec.ts'
import { openNamespace, type RedisNamespace } from './redis-namespace.ts'
import { changeCall, ledgerKeyOf, lookCall } from './scripts.ts'

const pageCount = 500
// With what the start of a program takes else, it is told within 5 s that there is none.
const startLimitMs = 4_000
const never: AbortSignal = new AbortController().signal
// A word to the registry about somebody else holds nobody up.
const retireLimitMs = 2_000

/**
 * The registry as an actor has it that keeps its names in a Redis. The export that the engine calls in each actor of such a
 * tree. In the root it waits for the connection: throws `RegistryUnavailableError` after 4 s. An actor below it comes up
 * without, and is registered when it can be.
 */
export async function openRegistry(host: RegistryHost): Promise<Registry> {
  const namespace = openNamespace(host.registryAddress ?? '', host.actor)
  const isRoot = host.parent === undefined
  try {
    if (isRoot) await namespace.link.connected({ limitMs: startLimitMs })
    return new RedisRegistry(namespace, { strict: isRoot })
  } catch (error) {
    await namespace.close()
    throw error
  }
}

class RedisRegistry implements Registry, RegistrationSource, LedgerStore {
  readonly #namespace: RedisNamespace
  readonly #strict: boolean
  readonly #leases = new Set<Lease>()

  constructor(namespace: RedisNamespace, options: { readonly strict: boolean }) {
    this.#namespace = namespace
    this.#strict = options.strict
  }

  get outage(): RegistryUnavailableError | undefined {
    return this.#namespace.link.outage
  }

  get mayListTheDead(): boolean {
    return true
  }

  get host(): string | undefined {
    const { servers } = this.#namespace.address
    return servers.kind === 'one' ? servers.host.host : servers.hosts[0]?.host
  }

  get closing(): AbortSignal {
    return this.#namespace.link.closing
  }

  async register(registration: Registration): Promise<Lease> {
    return this.#hold(await this.#namespace.leases.register(registration, { strict: this.#strict }))
  }

  /** Notes that it is this actor's, for when it ends. */
  #hold(lease: Lease): Lease {
    const held: Lease = {
      get fence() {
        return lease.fence
      },
      lost: lease.lost,
      release: async () => {
        this.#leases.delete(held)
        await lease.release()
      },
    }
    this.#leases.add(held)
    void lease.lost.then(() => this.#leases.delete(held))
    return held
  }

  async find(name: string, options?: LookupOptions): Promise<Registration | undefined> {
    return (await this.#look(lookCall('find', this.#namespace.address, [name, '1']), options))[0]
  }

  async findAll(name: string, options?: LookupOptions): Promise<readonly Registration[]> {
    return await this.#look(lookCall('find', this.#namespace.address, [name, '-1']), options)
  }

  async list(options?: LookupOptions): Promise<readonly Registration[]> {
    return await this.#look(lookCall('list', this.#namespace.address, []), options)
  }

  async #look(call: ReturnType<typeof lookCall>, options: LookupOptions = {}): Promise<Registration[]> {
    const { timeoutMs } = options
    const found = await this.#namespace.link.call(call, timeoutMs === undefined ? {} : { limitMs: timeoutMs })
    return (found as readonly string[]).map(parseRegistration)
  }

  async waitFor(name: string, options: WaitOptions): Promise<Registration> {
    const leave = await this.#attend()
    try {
      return await waitForRegistration(this, name, options)
    } finally {
      leave()
    }
  }

  async *watch(pattern: string): AsyncGenerator<RegistryChange, undefined> {
    const leave = await this.#attend()
    try {
      return yield* watchRegistrations(this, pattern)
    } finally {
      leave()
    }
  }

  /** Takes part for as long as somebody here waits for news. */
  async #attend(): Promise<() => void> {
    const attending = this.#namespace.leases.attend()
    try {
      return await interruptible(attending)
    } catch (error) {
      void attending.then((leave) => leave())
      throw error
    }
  }

  async retire({ id }: ActorId, { why, certain = false }: RetireOptions): Promise<void> {
    const { address, link, gaps } = this.#namespace
    try {
      const args = [id, JSON.stringify({ why }), certain ? '1' : '0']
      const limitMs = link.outage === undefined ? retireLimitMs : 0
      await link.call(changeCall('retire', address, args), { limitMs, signal: never })
    } catch {
      // Its lease runs out.
      gaps.trouble()
    }
  }

  note(event: LedgerNote): void {
    void this.#namespace.gaps.note(event)
  }

  async *readLedger(options?: LedgerOptions): AsyncGenerator<LedgerEntry, undefined> {
    const leave = options?.follow === true ? await this.#attend() : () => undefined
    try {
      return yield* readLedger(this, options)
    } finally {
      leave()
    }
  }

  async page(from: { readonly position: string } | { readonly sinceMs: number }): Promise<LedgerPage> {
    const { address, link } = this.#namespace
    // With the entry that is known: whether it is there still.
    const known = 'position' in from ? from.position : undefined
    let start = 'position' in from ? from.position : String(Math.max(0, Math.floor(from.sinceMs)))
    let isOvertaken: boolean | undefined
    for (;;) {
      const args = [ledgerKeyOf(address.namespace), start, '+', 'COUNT', String(pageCount)]
      const raw = (await link.command('xrange', args)) as readonly [string, unknown][]
      isOvertaken ??= known !== undefined && raw[0]?.[0] !== known
      const entries = parseEntries(raw).flatMap((each) => {
        return each.kind === 'entry' && each.position !== known ? [each.entry] : []
      })
      const last = raw.at(-1)?.[0]
      // A page may have nothing in it that is for a reader, and there may be more.
      if (entries.length > 0 || last === undefined) return { entries, isOvertaken }
      start = `(${last}`
    }
  }

  subscribe(listen: (news: LedgerNews) => void): Promise<() => void> {
    return this.#namespace.tail.subscribe(listen)
  }

  async lead(name: string, options: { readonly signal: AbortSignal }): Promise<Lease> {
    return this.#hold(await leadInTurn(this.#namespace, name, options.signal))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => lease.release()))
    await this.#namespace.close()
  }
}
