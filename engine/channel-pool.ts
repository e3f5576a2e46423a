import type { ActorAddress } from './address.ts'
import { Channel, type ChannelOptions } from './channel.ts'
import { type ActorId, ChannelBrokenError, ProtocolError, UsageError } from './errors.ts'
import type { StartFrame } from './frame.ts'
import { Pulse } from './pulse.ts'
import { interruptible } from './scope.ts'
import type { Connection, Listener } from './transport.ts'
import { rankAddress, transportFor } from './transports/catalog.ts'
import { isLoopback } from './transports/tcp-address.ts'
import type { Secrets, Tree } from './tree.ts'

// How long a look at whether an actor is there waits for it to say so.
const presenceMs = 1_000

// The failures to reach an actor by which it is certain that it has gone: nobody listens where it did, or somebody else.
const deaths = new WeakMap<Error, string>()

// A new process says hello before it loads anything of the user's.
const startTimeoutMs = 60_000

/** What the channels of one actor have in common. */
export interface PoolOptions {
  readonly self: ActorId
  readonly tree: Tree
  /** Asked at each use: a new actor learns them a moment after it has begun. */
  secrets(): Secrets
  onStart(channel: Channel, frame: StartFrame): void
}

/** What is known of a connection beforehand. */
export interface ConnectionEnd {
  readonly opener: boolean
  readonly peer?: ActorId
  /** The link between a parent and its child: both know each other, and one may take long to start. */
  readonly link?: boolean
  onGone?(error: Error): void
  readonly explainLoss?: (error: ChannelBrokenError) => Promise<Error>
}

/** Whether an actor is there, as far as it can be told. */
export type Sighting = { readonly presence: 'there' | 'silent' } | { readonly presence: 'dead'; readonly why: string }

/** All channels of one actor: one to each peer that it talks to, made at the first use and again after a break. */
export class ChannelPool {
  readonly #options: PoolOptions
  readonly #byPeer = new Map<string, Channel>()
  // Those whose peer has not said who it is, and second ones to a peer: two actors may dial each other at once.
  readonly #others = new Set<Channel>()
  readonly #dialling = new Map<string, Promise<Channel>>()
  readonly #listeners: Listener[] = []
  // Where it listens too, but for those alone who know it: they are not told others.
  readonly #unlisted: Listener[] = []
  #advertised: readonly string[] | undefined
  readonly #pulse: Pulse
  #unknownCount = 0
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    const look = (now: number, heldUpMs: number) => {
      for (const channel of this.channels()) channel.look(now, heldUpMs)
    }
    this.#pulse = new Pulse(Math.min(1_000, options.tree.heartbeat.intervalMs / 2), look)
  }

  /** Where this actor listens. */
  get bound(): readonly string[] {
    return this.#listeners.map((listener) => listener.address)
  }

  /** Where others are told that it is. */
  get addresses(): readonly string[] {
    return this.#advertised ?? this.bound
  }

  /** Where those of the same tree reach it: what others are told may lead around the world. */
  get treeAddresses(): readonly string[] {
    if (this.#advertised === undefined) return this.bound
    return [...this.#unlisted.map((listener) => listener.address), ...this.#advertised]
  }

  /** Says what others are told of where it listens. */
  advertise(addresses: readonly string[]): void {
    this.#advertised = addresses.join() === this.bound.join() ? undefined : addresses
  }

  /** Every open channel. */
  *channels(): Generator<Channel> {
    yield* this.#byPeer.values()
    yield* this.#others
  }

  /** Takes connections at the address. Throws `UsageError` for one that would be open to strangers. */
  async listen(address: string, options: { listed?: boolean } = {}): Promise<void> {
    const { token, tls } = this.#options.secrets()
    if (address.startsWith('tcp:') && !isLoopback(address) && token === undefined && tls === undefined) {
      throw new UsageError(
        `listening at ${address} would let anybody in: set a token (FLOW_TOKEN) or mutual TLS, or listen at 127.0.0.1`,
      )
    }
    const transport = transportFor(address, tls === undefined ? {} : { tls })
    const listener = await transport.listen(address, (connection) => this.#take(connection))
    const list = options.listed === false ? this.#unlisted : this.#listeners
    list.push(listener)
  }

  #take(connection: Connection): void {
    if (this.#closed || this.#unknownCount >= this.#options.tree.limits.maxHandshakeCount) return connection.destroy()
    this.open(connection, { opener: false })
  }

  /** Makes a channel on a connection. It can be found by its peer's id once there is no doubt of that. */
  open(connection: Connection, end: ConnectionEnd): Channel {
    const { self, tree } = this.#options
    const { token } = this.#options.secrets()
    const { limits, heartbeat, busyPollUs } = tree
    const isLink = end.link === true
    // A child hears of its parent's death by the end of the link; for one that only stands still it waits.
    const isWatched = connection.sameThread !== true && (!isLink || end.opener)
    const foreign = connection.label.startsWith('tcp:')
    const options: ChannelOptions = {
      self,
      opener: end.opener,
      maxFrameBytes: limits.maxFrameBytes,
      maxContextCount: limits.maxContextCount,
      onStart: (on, frame) => this.#options.onStart(on, frame),
      onGone: (gone, error) => this.#forget(gone, end, error),
      ...(end.peer === undefined ? {} : { peer: end.peer }),
      ...(end.explainLoss === undefined ? {} : { explainLoss: end.explainLoss }),
      ...(foreign ? { maxDepth: limits.maxDepth } : {}),
      ...(isLink || token === undefined ? {} : { token }),
      ...(isLink
        ? { handshakeTimeoutMs: startTimeoutMs }
        : { handshakeTimeoutMs: limits.handshakeTimeoutMs, restful: true }),
      ...(isWatched ? { heartbeat } : {}),
      ...(connection.sameThread === true ? {} : { busyPollUs }),
    }
    const channel = new Channel(connection, options)
    this.#pulse.start()
    // The parent and its child know each other before they speak.
    if (isLink && end.peer !== undefined) this.#byPeer.set(end.peer.id, channel)
    else this.#await(channel)
    return channel
  }

  #await(channel: Channel): void {
    this.#others.add(channel)
    this.#unknownCount += 1
    const known = () => {
      this.#unknownCount -= 1
    }
    channel.greeted.then((peer) => {
      known()
      if (channel.gone !== undefined || this.#byPeer.has(peer.id)) return
      this.#others.delete(channel)
      this.#byPeer.set(peer.id, channel)
    }, known)
  }

  #forget(gone: Channel, end: ConnectionEnd, error: Error): void {
    this.#others.delete(gone)
    const { id } = gone.peer
    if (this.#byPeer.get(id) === gone) {
      this.#byPeer.delete(id)
      // The peer had dialled, too: its channel is as good.
      const other = [...this.#others].find((channel) => channel.peer.id === id && channel.gone === undefined)
      if (other !== undefined) {
        this.#others.delete(other)
        this.#byPeer.set(id, other)
      }
    }
    end.onGone?.(error)
  }

  /** The channel to an actor, if there is one already. */
  find(id: string): Channel | undefined {
    const channel = this.#byPeer.get(id)
    return channel?.gone === undefined ? channel : undefined
  }

  /** The channel to an actor, made at its first use. Throws `ChannelBrokenError` when nobody answers. */
  async reach(target: ActorAddress): Promise<Channel> {
    const { id } = target.actor
    const known = this.find(id)
    if (known !== undefined) return known
    const pending = this.#dialling.get(id) ?? this.#dialAny(target)
    this.#dialling.set(id, pending)
    try {
      return await pending
    } finally {
      if (this.#dialling.get(id) === pending) this.#dialling.delete(id)
    }
  }

  /**
   * Looks whether the actor is there. It is dead if nobody listens at any of its addresses, or another actor does; silent if it
   * does not answer: it may be slow, or out of reach from here.
   */
  async look(target: ActorAddress): Promise<Sighting> {
    const { id } = target.actor
    if (id === this.#options.self.id || this.find(id) !== undefined) return { presence: 'there' }
    const reached = this.reach(target).then(
      (): Sighting => ({ presence: 'there' }),
      (error: Error): Sighting => {
        const why = deaths.get(error)
        return why === undefined ? { presence: 'silent' } : { presence: 'dead', why }
      },
    )
    const slow = Promise.withResolvers<Sighting>()
    const timer = setTimeout(() => slow.resolve({ presence: 'silent' }), presenceMs)
    try {
      return await interruptible(Promise.race([reached, slow.promise]))
    } finally {
      clearTimeout(timer)
    }
  }

  async #dialAny(target: ActorAddress): Promise<Channel> {
    const ranked = target.addresses
      .map((address) => ({ address, rank: rankAddress(address) }))
      .filter((each): each is { address: string; rank: number } => each.rank !== undefined)
      .sort((a, b) => a.rank - b.rank)
    const failures: unknown[] = []
    let isDead = ranked.length > 0
    for (const { address } of ranked) {
      try {
        const channel = await this.dial(address)
        if (channel.peer.id === target.actor.id) return channel
        // Another actor has taken over the address: this one has gone.
        failures.push(new Error(`actor '${channel.peer.name}' (${channel.peer.id}) is at ${address} now`))
        void channel.close('it is not the actor that was looked for')
      } catch (error) {
        // A stranger, or another release: that is what is to be mended, whoever else may answer.
        if (error instanceof ProtocolError) throw error
        failures.push(error)
        isDead &&= isNobody(error)
      }
    }
    const why = failures.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')
    const none = target.whyNone ?? 'it has no address'
    const nowhere = target.addresses.length === 0 ? none : 'none of its addresses can be reached from here'
    const error = new ChannelBrokenError(target.actor, why === '' ? nowhere : `nobody answers (${why})`, {
      cause: failures[0],
    })
    if (isDead) deaths.set(error, why)
    throw error
  }

  /** Opens a connection to whoever is at the address, and waits until they have said who they are. */
  async dial(address: string): Promise<Channel> {
    const { tree } = this.#options
    const { tls } = this.#options.secrets()
    const transport = transportFor(address, tls === undefined ? {} : { tls })
    // A frozen process has its connections taken by the kernel; a far one may not even do that.
    const connection = await transport.dial(address, { signal: AbortSignal.timeout(tree.limits.handshakeTimeoutMs) })
    if (this.#closed) {
      connection.destroy()
      throw new Error('this actor has ended')
    }
    const channel = this.open(connection, { opener: true })
    await channel.greeted
    return channel
  }

  /** Ends listening and every channel. */
  async close(why: string): Promise<void> {
    this.#closed = true
    this.#pulse.stop()
    const listeners = [...this.#listeners.splice(0), ...this.#unlisted.splice(0)]
    await Promise.all(listeners.map((listener) => listener.close()))
    await Promise.all([...this.channels()].map((channel) => channel.close(why)))
  }
}

function isNobody(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')
}
