import { randomBytes } from 'node:crypto'
import {
  type Lease,
  LeaseLostError,
  NameTakenError,
  type Registration,
  RegistryUnavailableError,
} from '../../engine/index.ts'
import type { GapKeeper } from './gap-keeper.ts'
import type { RedisAddress } from './redis-address.ts'
import type { RedisLink } from './redis-link.ts'
import { RenewalTimer } from './renewal-timer.ts'
import { changeCall } from './scripts.ts'

const never: AbortSignal = new AbortController().signal
// So many leases are renewed by one script: Redis does nothing else meanwhile.
const renewedAtOnceCount = 500
// How long taking one's leave may hold up the end of an actor.
const releaseLimitMs = 1_000
const presenceLimitMs = 1_000
// An actor of a tree that lives comes up all the same.
const registerLimitMs = 1_000

/** A lease of this process, on the name of an actor or on a leadership. */
interface Kept {
  /** How the scripts call it. */
  readonly member: string
  readonly name: string
  /** Undefined for a leadership. */
  readonly registration: Registration | undefined
  fence: number | undefined
  state: 'held' | 'wanted' | 'ended'
  /** When Redis was last asked for it with success. */
  confirmedMs: number
  readonly lost: PromiseWithResolvers<Error>
}

/**
 * The leases of this process: renews all of them together at a third of their life, and takes those again that the registry
 * has forgotten. Owned by the namespace of the process.
 *
 * A lease on a unique name that ran out while this process slept is lost, and so is one that another has; a leadership also
 * when the registry could not be asked for as long as it lasts.
 */
export class LeaseKeeper {
  readonly #link: RedisLink
  readonly #address: RedisAddress
  readonly #gaps: GapKeeper
  readonly #kept = new Map<string, Kept>()
  readonly #timer: RenewalTimer
  readonly #presence: string = `p${randomBytes(6).toString('hex')}`
  #attendants = 0
  #leaving: Promise<void> = Promise.resolve()

  constructor(link: RedisLink, address: RedisAddress, gaps: GapKeeper) {
    this.#link = link
    this.#address = address
    this.#gaps = gaps
    this.#timer = new RenewalTimer(address.leaseMs / 3, (sleptMs) => this.#renew(sleptMs >= address.leaseMs))
    link.onReady(() => this.#timer.now())
    // What happens meanwhile, nobody writes down; and the server may come back without what it knew.
    link.onDown(() => {
      if (this.#kept.size > 0) gaps.trouble()
    })
  }

  /**
   * Takes part in the namespace without an actor: for who waits for news. While anybody does, the ledger stays where it is when
   * the last actor leaves, and those whose leases ran out are taken out. Resolves to how to leave.
   */
  async attend(): Promise<() => void> {
    this.#attendants += 1
    this.#timer.start()
    // Before anything is waited for. One that cannot be said now is said when the registry is back.
    await this.#sayPresent()
    let there = true
    return () => {
      if (!there) return
      there = false
      this.#timer.stop()
      this.#attendants -= 1
      if (this.#attendants === 0) this.#leaving = this.#sayGone()
    }
  }

  async #sayPresent(): Promise<void> {
    if (this.#link.outage !== undefined) return
    const call = changeCall('renew', this.#address, [this.#presence, ''])
    await this.#link.call(call, { limitMs: presenceLimitMs, signal: never }).catch(() => undefined)
  }

  async #sayGone(): Promise<void> {
    if (!this.#link.isReady) return
    const call = changeCall('release', this.#address, [this.#presence, ''])
    await this.#link.call(call, { limitMs: releaseLimitMs, signal: never }).catch(() => undefined)
  }

  /**
   * Takes a lease on a name. Throws `NameTakenError`, and `RegistryUnavailableError` if `strict`, or if the name is to be one
   * actor's alone; another is registered when the registry is there.
   */
  async register(registration: Registration, options: { readonly strict: boolean }): Promise<Lease> {
    const { actor, unique = false } = registration
    const kept = this.#keep(`a${actor.id}`, actor.name, registration)
    const strict = options.strict || unique
    try {
      await this.#register(kept, strict ? {} : { limitMs: registerLimitMs })
    } catch (error) {
      if (strict || !(error instanceof RegistryUnavailableError)) {
        this.#forget(kept)
        throw error
      }
      this.#gaps.trouble()
    }
    return this.#leaseOf(kept)
  }

  async #register(kept: Kept, options: { readonly limitMs?: number; readonly signal?: AbortSignal }): Promise<void> {
    const { actor, unique = false } = kept.registration as Registration
    const json = JSON.stringify(kept.registration)
    const askedMs = performance.now()
    const call = changeCall('register', this.#address, [actor.id, actor.name, json, unique ? '1' : '0'])
    const [given, text] = (await this.#link.call(call, options)) as [number, string]
    if (given === 0) {
      const { actor: holder, host, pid } = JSON.parse(text) as Registration
      throw new NameTakenError(actor.name, { ...holder, host, pid })
    }
    // Let go of while it was asked for.
    if (kept.state === 'ended') return await this.#release(kept)
    kept.fence = text === '' ? undefined : Number(text)
    kept.confirmedMs = askedMs
    kept.state = 'held'
  }

  /** Keeps a leadership that was given. */
  lead(name: string, fence: number, askedMs: number): Lease {
    const kept = this.#keep(`l${name}`, name, undefined)
    kept.fence = fence
    kept.confirmedMs = askedMs
    kept.state = 'held'
    this.#watchExpiry(kept)
    return this.#leaseOf(kept)
  }

  #keep(member: string, name: string, registration: Registration | undefined): Kept {
    const lost = Promise.withResolvers<Error>()
    const kept: Kept = { member, name, registration, fence: undefined, state: 'wanted', confirmedMs: 0, lost }
    this.#kept.set(member, kept)
    this.#timer.start()
    return kept
  }

  #forget(kept: Kept): void {
    if (kept.state === 'ended') return
    kept.state = 'ended'
    if (this.#kept.get(kept.member) === kept) this.#kept.delete(kept.member)
    this.#timer.stop()
  }

  #leaseOf(kept: Kept): Lease {
    return {
      get fence() {
        return kept.fence
      },
      lost: kept.lost.promise,
      release: async () => {
        if (kept.state === 'ended') return
        this.#forget(kept)
        await this.#release(kept)
      },
    }
  }

  async #release({ member, fence, registration }: Kept): Promise<void> {
    const args = [member, registration === undefined ? String(fence) : '']
    try {
      const limitMs = this.#link.isReady ? releaseLimitMs : 0
      await this.#link.call(changeCall('release', this.#address, args), { limitMs, signal: never })
    } catch {
      // It runs out.
      this.#gaps.missed()
    }
  }

  async #renew(slept: boolean): Promise<void> {
    const all = [...this.#kept.values()].filter(({ state }) => state === 'held')
    try {
      for (let from = 0; from === 0 || from < all.length; from += renewedAtOnceCount) {
        await this.#renewSome(all.slice(from, from + renewedAtOnceCount), slept)
      }
      const wanted = [...this.#kept.values()].filter(({ state }) => state === 'wanted')
      await Promise.all(wanted.map((kept) => this.#takeAgain(kept)))
      if (this.#kept.size > 0) this.#gaps.over()
    } catch {
      this.#gaps.trouble()
    }
  }

  async #renewSome(some: readonly Kept[], slept: boolean): Promise<void> {
    const askedMs = performance.now()
    const args = some.flatMap(({ member, fence, registration }) => [
      member,
      registration === undefined ? String(fence) : '',
    ])
    const presence = this.#attendants > 0 ? [this.#presence, ''] : []
    const call = changeCall('renew', this.#address, [...args, ...presence])
    const lost = new Set(
      (await this.#link.call(call, { limitMs: this.#address.leaseMs, signal: never })) as readonly string[],
    )
    for (const kept of some) {
      if (kept.state !== 'held') continue
      if (!lost.has(kept.member)) {
        kept.confirmedMs = askedMs
      } else if (kept.registration === undefined) {
        this.#lose(kept, 'the registry does not have it any more')
      } else if (slept && kept.registration.unique === true) {
        this.#lose(kept, 'its holder slept for longer than it lasts')
      } else {
        kept.state = 'wanted'
      }
    }
  }

  /** The registry has forgotten it, or did not hear of it yet. */
  async #takeAgain(kept: Kept): Promise<void> {
    try {
      await this.#register(kept, { limitMs: this.#address.leaseMs, signal: never })
    } catch (error) {
      if (!(error instanceof NameTakenError)) throw error
      // One that need not be alone waits until whoever is has gone.
      if (kept.registration?.unique === true) this.#lose(kept, 'somebody else has it', error)
    }
  }

  /** A leadership is lost when its lease may have run out, whether or not that is heard of. */
  #watchExpiry(kept: Kept): void {
    const leftMs = kept.confirmedMs + this.#address.leaseMs - performance.now()
    if (kept.state === 'ended') return
    if (leftMs <= 0) return this.#lose(kept, 'it could not be renewed in time')
    setTimeout(() => this.#watchExpiry(kept), leftMs).unref()
  }

  #lose(kept: Kept, why: string, cause?: Error): void {
    const { fence, name } = kept
    this.#forget(kept)
    kept.lost.resolve(new LeaseLostError(name, why, { fence, cause }))
  }

  /** Ends the renewals. Resolves when what was still to be said is. */
  async close(): Promise<void> {
    await this.#leaving
    for (const kept of this.#kept.values()) this.#forget(kept)
    this.#timer.close()
  }
}
