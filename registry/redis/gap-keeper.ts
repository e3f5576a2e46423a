import type { ActorId, LedgerNote } from '../../engine/index.ts'
import type { RedisAddress } from './redis-address.ts'
import type { RedisLink } from './redis-link.ts'
import { changeCall } from './scripts.ts'

const never: AbortSignal = new AbortController().signal
const noteLimitMs = 5_000

/**
 * What this process adds to the ledger by itself; and when it could not, that there is a gap. Owned by the namespace of the
 * process.
 */
export class GapKeeper {
  readonly #link: RedisLink
  readonly #address: RedisAddress
  readonly #self: ActorId
  #contactMs = Date.now()
  #sinceMs: number | undefined
  #missedCount = 0

  constructor(link: RedisLink, address: RedisAddress, self: ActorId) {
    this.#link = link
    this.#address = address
    this.#self = self
  }

  /** Adds to the ledger. Never rejects. */
  async note(event: LedgerNote): Promise<void> {
    const { kind, actor, ...rest } = event
    if (this.#link.outage !== undefined) return this.missed()
    try {
      await this.#send(kind, actor, rest)
    } catch {
      this.missed()
    }
  }

  async #send(kind: string, actor: ActorId, rest: object): Promise<void> {
    const args = [kind, actor.name, actor.id, JSON.stringify(rest)]
    await this.#link.call(changeCall('note', this.#address, args), { limitMs: noteLimitMs, signal: never })
  }

  /** An entry was lost. */
  missed(): void {
    this.#missedCount += 1
    this.trouble()
  }

  /** The registry could not be asked. */
  trouble(): void {
    this.#sinceMs ??= this.#contactMs
  }

  /** The registry was asked with success. If it could not be before, the ledger gets to know. */
  over(): void {
    const [sinceMs, missedCount] = [this.#sinceMs, this.#missedCount]
    this.#contactMs = Date.now()
    if (sinceMs === undefined) return
    this.#sinceMs = undefined
    this.#missedCount = 0
    this.#send('gap', this.#self, { sinceMs, missedCount }).catch(() => {
      this.#sinceMs = Math.min(sinceMs, this.#sinceMs ?? sinceMs)
      this.#missedCount += missedCount
    })
  }
}
