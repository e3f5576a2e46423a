import {
  type ActorId,
  type Lease,
  type LedgerEntry,
  type LedgerNote,
  type LedgerOptions,
  NameTakenError,
  type Registration,
  type Registry,
  type RegistryChange,
  RegistryUnavailableError,
  type RetireOptions,
  type WaitOptions,
} from '../engine/index.ts'
import { EmbeddedLease } from './embedded-lease.ts'
import type { LedgerNews } from './ledger-feed.ts'
import { MemoryLeaderships } from './memory-leaderships.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { readLedger } from './read-ledger.ts'
import { type RegistrationSource, waitForRegistration } from './wait-for-registration.ts'
import { watchRegistrations } from './watch-registrations.ts'

/** A lease in the memory of this actor. */
export interface MemoryLease extends Lease {
  /** Settles when the actor was found dead, and is no more to be found. */
  readonly retired: Promise<void>
  /** Its holder has gone without letting go. */
  expire(why: string): void
}

interface Entry {
  readonly registration: Registration
  retire(): void
}

/** A registry in the memory of one actor: the embedded one. Its names live as long as the leases on them. */
export class MemoryRegistry implements Registry, RegistrationSource {
  // In order of registration; bounded by the actors that live.
  readonly #entries = new Set<Entry>()
  readonly #ledger = new MemoryLedger()
  readonly #leaderships = new MemoryLeaderships(() => this.#nextFence())
  #fence = 0

  get outage(): undefined {
    return undefined
  }

  get mayListTheDead(): boolean {
    return false
  }

  get closing(): AbortSignal {
    return this.#ledger.closing
  }

  async register(registration: Registration): Promise<MemoryLease> {
    const { actor, unique = false } = registration
    const holder = this.#named(actor.name).find((held) => unique || held.unique === true)
    if (holder !== undefined) {
      const { host, pid } = holder
      throw new NameTakenError(actor.name, { ...holder.actor, host, pid })
    }
    const fence = unique ? this.#nextFence() : undefined
    const retired = Promise.withResolvers<void>()
    const entry: Entry = {
      registration: fence === undefined ? registration : { ...registration, fence },
      retire: () => retired.resolve(),
    }
    this.#entries.add(entry)
    this.#ledger.append({ kind: 'registered', actor, registration: entry.registration })
    return {
      fence,
      retired: retired.promise,
      lost: new Promise(() => undefined),
      release: async () => {
        if (this.#entries.delete(entry)) this.#ledger.append({ kind: 'left', actor })
      },
      expire: (why) => {
        if (this.#entries.delete(entry)) this.#ledger.append({ kind: 'expired', actor, why })
      },
    }
  }

  /** As the others enter themselves: again, where somebody took the child for dead. */
  async registerChild(registration: Registration): Promise<Lease> {
    const open = async () => {
      const lease = await this.register(registration)
      return { value: lease, result: () => lease.retired, cancel: () => lease.release() }
    }
    return EmbeddedLease.keep(registration.actor.name, open, await open())
  }

  #nextFence(): number {
    // As the time, so that a program that is started again does not begin from the start.
    this.#fence = Math.max(this.#fence + 1, Date.now())
    return this.#fence
  }

  async find(name: string): Promise<Registration | undefined> {
    return this.#named(name)[0]
  }

  async findAll(name: string): Promise<readonly Registration[]> {
    return this.#named(name)
  }

  #named(name: string): Registration[] {
    const all = Array.from(this.#entries, ({ registration }) => registration)
    return all.filter(({ actor }) => actor.name === name).reverse()
  }

  waitFor(name: string, options: WaitOptions): Promise<Registration> {
    return waitForRegistration(this, name, options)
  }

  async list(): Promise<readonly Registration[]> {
    return Array.from(this.#entries, ({ registration }) => registration)
  }

  watch(pattern: string): AsyncIterableIterator<RegistryChange, undefined> {
    return watchRegistrations(this, pattern)
  }

  async retire({ id }: ActorId, { why, certain = false }: RetireOptions): Promise<void> {
    for (const entry of this.#entries) {
      const { actor, unique = false } = entry.registration
      if (actor.id !== id || (unique && !certain)) continue
      this.#entries.delete(entry)
      this.#ledger.append({ kind: 'expired', actor, why })
      entry.retire()
    }
  }

  note(event: LedgerNote): void {
    this.#ledger.append(event)
  }

  readLedger(options?: LedgerOptions): AsyncIterableIterator<LedgerEntry, undefined> {
    return readLedger(this.#ledger, options)
  }

  lead(name: string, options: { readonly signal: AbortSignal }): Promise<Lease> {
    return this.#leaderships.lead(name, { signal: AbortSignal.any([options.signal, this.closing]) })
  }

  subscribe(listen: (news: LedgerNews) => void): Promise<() => void> {
    return this.#ledger.subscribe(listen)
  }

  async close(): Promise<void> {
    this.#entries.clear()
    this.#ledger.close(new RegistryUnavailableError('embedded', 'it was closed'))
  }
}
