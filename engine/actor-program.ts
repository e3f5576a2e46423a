import { bringUp, createRuntime, serveActorService, serveFunctions, stopRuntime } from './actor-lifetime.ts'
import type { ActorRuntime } from './actor-runtime.ts'
import type { BootRequest, BootSpec } from './boot-spec.ts'
import type { Functions } from './definition.ts'
import { interruptible } from './scope.ts'
import type { Connection } from './transport.ts'

/** What an actor that a parent has launched needs of where it runs. */
export interface ActorPlace {
  /** The link to the parent. */
  readonly link: Connection
  /** Where actors at such a place listen unless they are told otherwise. */
  readonly listen: readonly string[]
  /** The functions to serve; throws what their module throws. */
  load(request: BootRequest): Promise<Functions>
  /** The actor has ended: nothing of it is left but the place. */
  leave(exitCode: number): void
}

/**
 * An actor from the side of its own process, thread or place in a thread: it waits at its parent link to be told what to
 * serve, and ends with that link at the latest.
 */
export class ActorProgram {
  readonly runtime: ActorRuntime
  readonly #spec: BootSpec
  readonly #place: ActorPlace
  #stopping = false

  constructor(spec: BootSpec, place: ActorPlace) {
    this.#spec = spec
    this.#place = place
    this.runtime = createRuntime({ ...spec, childGraces: undefined })
    const link = this.runtime.channels.open(place.link, {
      opener: false,
      peer: spec.parent,
      link: true,
      // However the parent ended: no actor outlives it.
      onGone: (error) => void this.stop(error, 1),
    })
    // Its name is another's: so it finds itself, or its parent tells it.
    const lose = (error: Error) => void setImmediate(() => this.#leave(error))
    const boot = async (request: BootRequest): Promise<readonly string[]> => {
      await link.greeted
      this.runtime.secrets = request.secrets
      await bringUp(this.runtime, { listen: spec.listen ?? place.listen, advertise: spec.advertise })
      // A module may take for ever to load: the actor can be ended meanwhile.
      const functions = await interruptible(place.load(request))
      const registering = request.registeredByParent ? undefined : { listing: request.listing, onLost: lose }
      await serveFunctions(this.runtime, functions, { state: request.state, registering })
      return this.runtime.addresses
    }
    serveActorService(this.runtime, { boot, lose }, (reason) => void this.stop(reason, 0))
  }

  /** Ends the actor; the first to ask decides how. */
  async stop(reason: Error, exitCode: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    try {
      await stopRuntime(this.runtime, reason)
    } catch (error) {
      this.runtime.log.error('an error while it ended', { err: error })
    }
    this.#place.leave(exitCode)
  }

  /**
   * Has the actor end for an error that nobody catches in this process, or thread, which is its own: its parent hears of it at once,
   * and nothing of it is left after so many milliseconds.
   */
  crashAtUncaught(graceMs: number): void {
    const crash = (error: unknown) => {
      setTimeout(() => process.exit(1), graceMs)
      this.runtime.log.error('uncaught error', { err: error })
      this.#leave(error, 'it crashed: ')
    }
    process.on('uncaughtException', crash)
    process.on('unhandledRejection', crash)
  }

  #leave(error: unknown, what = ''): void {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    void this.stop(error instanceof Error ? error : new Error(message), 1)
    void this.runtime.channels.find(this.#spec.parent.id)?.close(`${what}${message}`)
  }
}
