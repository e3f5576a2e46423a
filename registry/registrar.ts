import { type ActorAddress, ChannelBrokenError, currentRuntime, type Functions, Portal } from '../engine/index.ts'

/**
 * The actor that holds the registry, for those that ask it. When it was started again, it is another actor at the same address:
 * then that one is asked.
 */
export class Registrar<F extends Functions> {
  readonly #service: string
  #portal: Portal<F>
  #addresses: readonly string[]

  constructor(where: ActorAddress, service: string) {
    this.#service = service
    this.#addresses = where.addresses
    this.#portal = this.#portalOf(where)
  }

  /** Who it was when it was heard of last. */
  get portal(): Portal<F> {
    return this.#portal
  }

  /** Asks it something that may be asked twice. Throws `ChannelBrokenError` if nobody is there. */
  async ask<T>(question: (portal: Portal<F>) => Promise<T>): Promise<T> {
    const asked = this.#portal
    try {
      return await question(asked)
    } catch (error) {
      if (!(error instanceof ChannelBrokenError) || error.peer.id !== asked.actor.id) throw error
      const next = await this.#whoIsThere(asked)
      if (next === undefined) throw error
      return await question(next)
    }
  }

  async #whoIsThere(known: Portal<F>): Promise<Portal<F> | undefined> {
    // Somebody else has looked meanwhile.
    if (this.#portal !== known) return this.#portal
    for (const address of this.#addresses) {
      try {
        const { peer } = await currentRuntime().channels.dial(address)
        if (peer.id === known.actor.id) continue
        this.#portal = this.#portalOf({ actor: peer, addresses: this.#addresses })
        return this.#portal
      } catch {
        // Nobody, or a stranger: the error that is known says more.
      }
    }
    return undefined
  }

  #portalOf(where: ActorAddress): Portal<F> {
    return new Portal<F>(where, {}, undefined, this.#service)
  }
}
