import { currentSignal, type Lease, LeaseLostError, NameTakenError, sleep } from '../engine/index.ts'

/** A lease as a context that the holder has open at the root. */
interface OpenLease {
  readonly value: { readonly fence: number | undefined }
  result(): Promise<void>
  cancel(reason?: string): Promise<void>
}

// How long after its connection broke a holder registers again; longer each time, up to the second.
const registerAgainMs = [10, 50, 250, 1_000]

/** A lease from its holder's side. A connection that breaks ends it at the root; whoever still lives registers again. */
export class EmbeddedLease implements Lease {
  readonly #name: string
  #open: OpenLease
  #released = false
  readonly #lost = Promise.withResolvers<Error>()

  private constructor(name: string, open: OpenLease) {
    this.#name = name
    this.#open = open
  }

  /** One that is taken again when its connection broke, unless somebody else has the name then. */
  static keep(name: string, openAgain: () => Promise<OpenLease>, first: OpenLease): EmbeddedLease {
    const lease = new EmbeddedLease(name, first)
    void lease.#keep(openAgain)
    return lease
  }

  /** One that is lost with its connection. */
  static once(name: string, open: OpenLease): EmbeddedLease {
    const lease = new EmbeddedLease(name, open)
    void lease.#watch()
    return lease
  }

  get fence(): number | undefined {
    return this.#open.value.fence
  }

  get lost(): Promise<Error> {
    return this.#lost.promise
  }

  /** Ends with the lease or with the actor. Never rejects. */
  async #keep(openAgain: () => Promise<OpenLease>): Promise<void> {
    for (let tries = 0; ; ) {
      await this.#ended()
      if (this.#released || currentSignal().aborted) return
      try {
        await sleep(registerAgainMs[Math.min(tries, registerAgainMs.length - 1)] ?? 0)
        if (this.#released) return
        tries += 1
        this.#open = await openAgain()
        tries = 0
      } catch (error) {
        if (currentSignal().aborted) return
        if (error instanceof NameTakenError) return this.#lose('somebody else has it', error)
      }
      if (this.#released) await this.#open.cancel()
    }
  }

  async #watch(): Promise<void> {
    const cause = await this.#ended()
    if (!this.#released) this.#lose('the connection to the registry broke', cause)
  }

  async #ended(): Promise<unknown> {
    try {
      return await this.#open.result()
    } catch (error) {
      // As every lease ends.
      return error
    }
  }

  #lose(why: string, cause: unknown): void {
    this.#lost.resolve(new LeaseLostError(this.#name, why, { fence: this.fence, cause }))
  }

  async release(): Promise<void> {
    this.#released = true
    await this.#open.cancel('its holder let go of the name')
  }
}
