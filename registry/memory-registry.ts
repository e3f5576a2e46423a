import { type Lease, type Registration, type Registry, RegistryUnavailableError } from '../engine/index.ts'

/** A registry in the memory of one actor: the embedded one. Its names live as long as the leases on them. */
export class MemoryRegistry implements Registry {
  // In order of registration; bounded by the actors that live.
  readonly #entries = new Set<Registration>()
  readonly #waiting = new Set<(registration: Registration) => void>()
  readonly #closing = new AbortController()

  async register(registration: Registration): Promise<Lease> {
    this.#entries.add(registration)
    for (const offer of this.#waiting) offer(registration)
    return {
      release: async () => {
        this.#entries.delete(registration)
      },
    }
  }

  async find(name: string): Promise<Registration | undefined> {
    return this.#newest(name)
  }

  #newest(name: string): Registration | undefined {
    return [...this.#entries].findLast((entry) => entry.actor.name === name)
  }

  async waitFor(name: string, options: { signal: AbortSignal }): Promise<Registration> {
    // Looked up and, if it is not there, waited for in one go: a registration in between would be missed.
    const known = this.#newest(name)
    if (known !== undefined) return known
    const signal = AbortSignal.any([options.signal, this.#closing.signal])
    signal.throwIfAborted()
    return await new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(offer)
        signal.removeEventListener('abort', giveUp)
      }
      const giveUp = () => {
        leave()
        reject(signal.reason as Error)
      }
      const offer = (registration: Registration) => {
        if (registration.actor.name !== name) return
        leave()
        resolve(registration)
      }
      this.#waiting.add(offer)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  async list(): Promise<readonly Registration[]> {
    return [...this.#entries]
  }

  async close(): Promise<void> {
    this.#entries.clear()
    this.#closing.abort(new RegistryUnavailableError('embedded', 'it was closed'))
  }
}
