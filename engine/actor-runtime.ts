import type { ActorAddress } from './address.ts'
import { Channel } from './channel.ts'
import { type CreditWindow, defaultWindow } from './credit.ts'
import type { Functions } from './definition.ts'
import { type ActorId, ChannelBrokenError, UsageError } from './errors.ts'
import type { StartFrame } from './frame.ts'
import type { AttachedModule, Interceptor } from './interceptor.ts'
import type { Registry } from './registry.ts'
import { ambientScope, Scope } from './scope.ts'
import type { Connection, Listener } from './transport.ts'
import { unixSocketTransport } from './transports/unix-socket.ts'

/** How long a cancelled task or actor may take, and how long one that was sent SIGTERM; then comes the next step. */
export interface Graces {
  readonly cancelGraceMs: number
  readonly terminateGraceMs: number
}

export const defaultGraces: Graces = { cancelGraceMs: 5_000, terminateGraceMs: 2_000 }

export interface RuntimeOptions {
  readonly self: ActorId
  readonly parent?: ActorId
  /** The root of the tree; undefined in the root itself. */
  readonly root?: ActorAddress
  readonly runDirectory: string
  readonly graces: Graces
  readonly maxFrameBytes: number
  /** Modules that every actor of the tree attaches at its start. */
  readonly attached: readonly AttachedModule[]
  /** The module that gives an actor of the tree its registry. */
  readonly registryModule: string
}

/** A task that runs here for a caller. */
export interface ServedTask {
  readonly settled: Promise<void>
}

/**
 * What makes a process (or thread) an actor: its identity, its channels, what it serves and the scope that all its tasks
 * are in.
 */
export class ActorRuntime {
  readonly options: RuntimeOptions
  readonly self: ActorId
  readonly scope: Scope
  readonly state: Map<string, unknown> = new Map()
  /** What may be called here: under '' the definition's functions, under other names the engine's own services. */
  readonly services: Map<string, Functions> = new Map()
  readonly window: CreditWindow = defaultWindow
  readonly tasks: Set<ServedTask> = new Set()
  interceptor: Interceptor | undefined
  addresses: readonly string[] = []
  #registry: Registry | undefined
  readonly #channels = new Map<string, Channel>()
  readonly #dialling = new Map<string, Promise<Channel>>()
  readonly #unnamed = new Set<Channel>()
  readonly #listeners: Listener[] = []
  readonly #serve: (runtime: ActorRuntime, channel: Channel, frame: StartFrame) => void

  constructor(options: RuntimeOptions, serve: (runtime: ActorRuntime, channel: Channel, frame: StartFrame) => void) {
    this.options = options
    this.self = options.self
    this.scope = new Scope(this)
    this.#serve = serve
  }

  get registry(): Registry {
    if (this.#registry === undefined) throw new UsageError('this actor has no registry')
    return this.#registry
  }

  set registry(registry: Registry) {
    this.#registry = registry
  }

  async closeRegistry(): Promise<void> {
    await this.#registry?.close()
  }

  /** Where this actor can be reached, for others. */
  get address(): ActorAddress {
    return { actor: this.self, addresses: this.addresses }
  }

  async listen(): Promise<void> {
    const address = `unix:${this.options.runDirectory}/${this.self.id}.sock`
    const listener = await unixSocketTransport.listen(address, (connection) => {
      this.openChannel(connection, { opener: false }).keepAlive(false)
    })
    this.#listeners.push(listener)
    this.addresses = this.#listeners.map((each) => each.address)
  }

  /** Makes a channel on a connection. It can be found by its peer's id once that has said hello. */
  openChannel(
    connection: Connection,
    end: { opener: boolean; peer?: ActorId; onGone?: (error: Error) => void },
  ): Channel {
    const channel = new Channel(connection, {
      self: this.self,
      opener: end.opener,
      ...(end.peer === undefined ? {} : { peer: end.peer }),
      maxFrameBytes: this.options.maxFrameBytes,
      onStart: (on, frame) => this.#serve(this, on, frame),
      onGone: (gone, error) => {
        this.#unnamed.delete(gone)
        if (this.#channels.get(gone.peer.id) === gone) this.#channels.delete(gone.peer.id)
        end.onGone?.(error)
      },
    })
    // The parent and its child know each other before they speak.
    if (end.peer !== undefined && !this.#channels.has(end.peer.id)) {
      this.#channels.set(end.peer.id, channel)
      return channel
    }
    this.#unnamed.add(channel)
    channel.greeted.then(
      (peer) => {
        this.#unnamed.delete(channel)
        if (channel.gone !== undefined) return
        // Two actors that dial each other at once get a channel each way, and both work.
        if (this.#channels.has(peer.id)) this.#unnamed.add(channel)
        else this.#channels.set(peer.id, channel)
      },
      () => undefined,
    )
    return channel
  }

  /** The channel to an actor, if there is one already. */
  findChannel(id: string): Channel | undefined {
    const channel = this.#channels.get(id)
    return channel?.gone === undefined ? channel : undefined
  }

  /** The channel to an actor, made at its first use. Throws `ChannelBrokenError` when nobody answers. */
  async channelTo(target: ActorAddress): Promise<Channel> {
    const known = this.findChannel(target.actor.id)
    if (known !== undefined) return known
    const pending = this.#dialling.get(target.actor.id) ?? this.#dial(target)
    this.#dialling.set(target.actor.id, pending)
    try {
      return await pending
    } finally {
      this.#dialling.delete(target.actor.id)
    }
  }

  async #dial(target: ActorAddress): Promise<Channel> {
    let failure: unknown
    for (const address of target.addresses) {
      try {
        const connection = await unixSocketTransport.dial(address)
        const channel = this.openChannel(connection, { opener: true, peer: target.actor })
        channel.keepAlive(this.options.parent === undefined)
        await channel.greeted
        return channel
      } catch (error) {
        failure = error
      }
    }
    const why = failure instanceof Error ? `nobody answers (${failure.message})` : 'it has no address'
    throw new ChannelBrokenError(target.actor, why, { cause: failure })
  }

  /** Ends listening and every channel. */
  async close(why: string): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
    await Promise.all([...this.#channels.values(), ...this.#unnamed].map((channel) => channel.close(why)))
  }
}

let processRuntime: ActorRuntime | undefined
let importing: string | undefined

/** Notes which actor module is being imported, or that none is any more. */
export function setImporting(url: string | undefined): void {
  importing = url
}

/** Throws if an actor's module, while it is imported by a new actor, tries to be the main program as well. */
export function refuseWhileImporting(what: string): void {
  if (importing === undefined) return
  throw new UsageError(
    `${what} was called while an actor imports ${importing}: a module that is both a program and an actor must guard ` +
      'its main part with: if (import.meta.main) await run(main)',
  )
}

/** The actor that the process is, for code that runs outside any task. */
export function setProcessRuntime(runtime: ActorRuntime | undefined): void {
  processRuntime = runtime
}

/** The actor whose task is running; undefined where there is none. */
export function ambientRuntime(): ActorRuntime | undefined {
  return (ambientScope()?.owner as ActorRuntime | undefined) ?? processRuntime
}

/** The same, for code that cannot do without. */
export function currentRuntime(): ActorRuntime {
  const runtime = ambientRuntime()
  if (runtime === undefined) {
    throw new UsageError('there is no actor here: call it inside run(main), or open a root first (openRoot)')
  }
  return runtime
}

/** What an actor's own code may know of itself. */
export interface CurrentActor extends ActorId {
  readonly addresses: readonly string[]
  readonly parent: ActorId | undefined
  readonly registry: Registry
  /** Shared by all tasks of the actor; begins with the `state` it was spawned with. */
  readonly state: Map<string, unknown>
}

/** The actor that the calling code runs in. Throws `UsageError` where there is none. */
export function currentActor(): CurrentActor {
  const runtime = currentRuntime()
  return {
    ...runtime.self,
    addresses: runtime.addresses,
    parent: runtime.options.parent,
    registry: runtime.registry,
    state: runtime.state,
  }
}
