import type { ActorRuntime } from './actor-runtime.ts'
import type { ActorAddress, Location } from './address.ts'
import { ChildActor, type SpawnOptions } from './child-actor.ts'
import type { Definition, Functions } from './definition.ts'
import { type ActorId, ChannelBrokenError } from './errors.ts'

/**
 * A place in a nursery that an actor fills: one after another, if it is started again. What its portals are bound to, so
 * that they follow.
 */
export class ActorSlot implements Location {
  readonly name: string
  readonly #definition: Definition<Functions>
  readonly #options: SpawnOptions
  /** How often an actor was started again here. */
  restartCount = 0
  /** Nobody is to be started here again: it was cancelled, or has done what it was for. */
  stopped = false
  /** Its owner asked it to end. */
  cancelled = false
  #occupant: ChildActor | undefined
  #launched: ChildActor | undefined
  #established = false
  #failure: unknown
  #there: ChildActor | undefined
  #vacated = false
  #arrival = Promise.withResolvers<ChildActor>()
  #actor: ActorId

  constructor(name: string, definition: Definition<Functions>, options: SpawnOptions) {
    this.name = name
    this.#definition = definition
    this.#options = options
    this.#actor = { name, id: '-' }
    this.#arrival.promise.catch(() => undefined)
  }

  /** Launches an actor into this place; it is there once it is up. */
  launch(runtime: ActorRuntime): ChildActor {
    const child = new ChildActor(runtime, this.name, this.#definition, this.#options)
    this.#occupant = child
    this.#launched = child
    this.#failure = undefined
    if (!this.#established) this.#actor = child.id
    return child
  }

  /** The actor is up. */
  arrive(child: ChildActor): void {
    if (this.#occupant !== child) return
    this.#established = true
    this.#actor = child.id
    this.#there = child
    this.#arrival.resolve(child)
    void child.unreachable.then(() => this.#depart(child))
  }

  #depart(child: ChildActor): void {
    if (this.#there !== child) return
    this.#there = undefined
    if (this.#vacated) return
    this.#arrival = Promise.withResolvers()
    this.#arrival.promise.catch(() => undefined)
  }

  /** The actor is ended from here, to be started again. */
  evict(): ChildActor | undefined {
    const child = this.#occupant
    this.#occupant = undefined
    if (child !== undefined) this.#depart(child)
    return child
  }

  /** Nobody will be here any more. */
  vacate(why: Error | undefined): void {
    this.#vacated = true
    this.evict()
    const error = why ?? new ChannelBrokenError(this.#actor, 'it has ended')
    // Those who wait already, and those who will ask.
    this.#arrival.reject(error)
    this.#arrival = Promise.withResolvers()
    this.#arrival.promise.catch(() => undefined)
    this.#arrival.reject(error)
  }

  /** The actor is well, but what it was started for has failed. */
  noteFailure(child: ChildActor, failure: unknown): void {
    if (this.#occupant === child) this.#failure = failure
  }

  get failure(): unknown {
    return this.#failure
  }

  /** Who fills the place, whether or not it is up. */
  get occupant(): ChildActor | undefined {
    return this.#occupant
  }

  /** Who was launched here last, whatever has become of it. */
  get launched(): ChildActor | undefined {
    return this.#launched
  }

  /** Whether an actor was ever up here: until then it is not the nursery's to start again. */
  get established(): boolean {
    return this.#established
  }

  get isThere(): boolean {
    return this.#there !== undefined
  }

  get actor(): ActorId {
    return this.#actor
  }

  get address(): ActorAddress | undefined {
    return this.#there?.address
  }

  async whenThere(): Promise<ActorAddress> {
    return (await this.#arrival.promise).address
  }
}
