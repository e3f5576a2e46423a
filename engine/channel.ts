import { Decoder, defaultMaxFrameBytes, Encoder } from './codec.ts'
import { type ActorId, ChannelBrokenError, ChannelClosedError, ProtocolError, VersionMismatchError } from './errors.ts'
import { type ContextFrame, type Frame, Kind, type StartFrame, wireVersion } from './frame.ts'
import type { MessageSender, SenderOutlet } from './message-sender.ts'
import type { Connection } from './transport.ts'

// One pack and one write carry about this much; more is written in rounds, so that streams take turns. At the most, and
// in what a frame may be: a round that is nearly full may still take in one of the largest items.
const maxRoundBytes = 256 * 1024
const roundShare = 64
// What a control frame weighs beside the value in it.
const controlBytes = 64

// How long a closed channel waits for its peer to end its side.
const lingerMs = 1_000

/** One actor's end of a context on a channel. */
export interface ContextEnd {
  receive(frame: ContextFrame): void
  /** The channel is gone. */
  broken(error: Error): void
}

export interface ChannelOptions {
  readonly self: ActorId
  /** Who is expected at the other end, if that is known before its hello. */
  readonly peer?: ActorId
  /** The side that opened the connection; it numbers its contexts oddly, the other evenly. */
  readonly opener: boolean
  readonly maxFrameBytes?: number
  /** The peer calls a function here. */
  onStart(channel: Channel, frame: StartFrame): void
  /** Called once, when the channel is gone. */
  onGone?(channel: Channel, error: Error): void
}

const unknownPeer: ActorId = { name: '(not yet known)', id: '-' }

/**
 * One connection to a peer actor, carrying many contexts at once. It flushes what its contexts have for the peer in one
 * pack and one write: control frames at the end of this tick, data at the end of this turn of the event loop, and
 * whichever comes first takes everything along.
 */
export class Channel implements SenderOutlet {
  readonly maxItemBytes: number
  readonly #connection: Connection
  readonly #options: ChannelOptions
  readonly #encoder = new Encoder()
  readonly #decoder: Decoder
  readonly #contexts = new Map<number, ContextEnd>()
  // Control frames, with their weight; bounded by the contexts and what each may say.
  #control: { frame: Frame; weight: number }[] = []
  readonly #roundBytes: number
  readonly #senders = new Set<MessageSender>()
  #lastId: number
  #lastPeerStart = 0
  #tickScheduled = false
  #turnScheduled = false
  #flushing = false
  #peer: ActorId
  #greeted = false
  #gone: Error | undefined
  #closing: Error | undefined
  #greeting = Promise.withResolvers<ActorId>()
  readonly #ended = Promise.withResolvers<void>()

  constructor(connection: Connection, options: ChannelOptions) {
    this.#connection = connection
    this.#options = options
    this.#peer = options.peer ?? unknownPeer
    const maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes
    this.#decoder = new Decoder(maxFrameBytes)
    // Room for the rest of the round, and for what the estimate of its size may be short of.
    this.maxItemBytes = Math.floor((maxFrameBytes * 15) / 16)
    this.#roundBytes = Math.min(maxRoundBytes, maxFrameBytes / roundShare)
    this.#lastId = options.opener ? -1 : 0
    this.#greeting.promise.catch(() => undefined)
    connection.start({
      onBytes: (chunk) => this.#onBytes(chunk),
      onDrain: () => this.#flush(),
      onClose: (error) => this.#onClose(error),
    })
    this.post([Kind.hello, 0, { version: wireVersion, actor: options.self }])
  }

  get peer(): ActorId {
    return this.#peer
  }

  /** Resolves to the peer's identity when its hello is in; rejects if the channel ends before. */
  get greeted(): Promise<ActorId> {
    return this.#greeting.promise
  }

  /** Why the channel cannot be used any more; undefined while it can. */
  get gone(): Error | undefined {
    return this.#gone ?? this.#closing
  }

  get contextCount(): number {
    return this.#contexts.size
  }

  /** A number for a context that this side opens. */
  attach(end: ContextEnd): number {
    this.#lastId += 2
    this.#contexts.set(this.#lastId, end)
    return this.#lastId
  }

  /** Takes in a context that the peer opened. */
  adopt(id: number, end: ContextEnd): void {
    this.#contexts.set(id, end)
  }

  detach(id: number): void {
    this.#contexts.delete(id)
  }

  /** Sends a control frame with the flush at the end of this tick. `weight` is that of the value in it. */
  post(frame: Frame, weight = 0): void {
    if (this.#gone !== undefined) return
    this.#control.push({ frame, weight: weight + controlBytes })
    this.#flushAfterTick()
  }

  ready(sender: MessageSender, when: 'soon' | 'now' | 'next'): void {
    if (this.#gone !== undefined) return
    this.#senders.add(sender)
    if (when === 'now') this.#flush()
    else if (when === 'next') this.#flushAfterTick()
    else if (!this.#turnScheduled) {
      this.#turnScheduled = true
      setImmediate(() => {
        this.#turnScheduled = false
        this.#flush()
      })
    }
  }

  /**
   * Says goodbye and ends the channel. What was posted before is still sent; open contexts are broken off at once. Resolves
   * when the peer has heard it and ended its side: a process that exits before could lose its last words. A peer that
   * does not read is not waited for longer than a second.
   */
  async close(why: string): Promise<void> {
    if (this.gone === undefined) {
      this.post([Kind.goaway, 0, why])
      this.#closing = new ChannelClosedError(this.#peer)
      // The goodbye goes out even if the peer takes no more for now: it is the last that is written.
      this.#flush({ last: true })
      this.#connection.end()
      this.#breakOff(this.#closing)
    }
    const linger = setTimeout(() => this.#connection.destroy(), lingerMs)
    await this.#ended.promise
    clearTimeout(linger)
  }

  /** Whether the channel keeps the process alive. */
  keepAlive(keep: boolean): void {
    this.#connection.keepAlive(keep)
  }

  #flushAfterTick(): void {
    if (this.#tickScheduled) return
    this.#tickScheduled = true
    process.nextTick(() => {
      this.#tickScheduled = false
      this.#flush()
    })
  }

  #flush({ last = false } = {}): void {
    if (this.#flushing || this.#gone !== undefined) return
    this.#flushing = true
    try {
      while (this.#control.length > 0 || this.#senders.size > 0) {
        if (this.#connection.congested && !last) break
        this.#writeRound()
      }
    } catch (error) {
      // The encoder and the peer's decoder no longer agree on the record shapes: nothing more can be said.
      this.#fail(new ProtocolError('a value changed while it was being sent', { cause: error }))
    } finally {
      this.#flushing = false
    }
  }

  #writeRound(): void {
    let bytes = 0
    let count = 0
    while (count < this.#control.length && bytes < this.#roundBytes) {
      bytes += this.#control[count]?.weight ?? 0
      count += 1
    }
    const frames = this.#control.splice(0, count).map(({ frame }) => frame)
    for (const sender of this.#senders) {
      if (bytes >= this.#roundBytes) break
      this.#senders.delete(sender)
      bytes += sender.take(frames)
    }
    if (frames.length > 0) this.#connection.write(this.#encoder.encode(frames))
  }

  #onBytes(chunk: Uint8Array): void {
    if (this.#gone !== undefined) return
    try {
      this.#decoder.push(chunk, (frame) => this.#onFrame(frame))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #onFrame(frame: Frame): void {
    if (this.#gone !== undefined) return
    switch (frame[0]) {
      case Kind.hello:
        return this.#onHello(frame[2].version, frame[2].actor)
      case Kind.ping:
        return this.post([Kind.pong, 0, frame[2]])
      case Kind.pong:
        return
      case Kind.goaway:
        this.#fail(new ChannelBrokenError(this.#peer, `it left (${frame[2]})`, { goodbye: frame[2] }))
        return
      case Kind.start:
        return this.#onStart(frame)
      default:
        // A frame for a context that has ended here meanwhile is late, not wrong.
        this.#contexts.get(frame[1])?.receive(frame)
    }
  }

  #onHello(version: number, actor: ActorId): void {
    if (this.#greeted) throw new ProtocolError('the peer said hello twice')
    if (version !== wireVersion) throw new VersionMismatchError(wireVersion, version)
    this.#greeted = true
    this.#peer = actor
    this.#greeting.resolve(actor)
  }

  #onStart(frame: StartFrame): void {
    const id = frame[1]
    if (!this.#greeted) throw new ProtocolError('the peer called a function before its hello')
    if (id % 2 === (this.#options.opener ? 1 : 0) || id <= this.#lastPeerStart) {
      throw new ProtocolError(`the peer opened context ${id}, which is not its to open`)
    }
    this.#lastPeerStart = id
    if (this.#closing === undefined) this.#options.onStart(this, frame)
  }

  #onClose(error: Error | undefined): void {
    this.#ended.resolve()
    this.#fail(
      new ChannelBrokenError(
        this.#peer,
        error?.message ?? 'the peer vanished',
        error === undefined ? {} : { cause: error },
      ),
    )
  }

  #fail(error: Error): void {
    if (this.#gone !== undefined) return
    this.#connection.destroy()
    this.#breakOff(this.#closing ?? error)
  }

  #breakOff(error: Error): void {
    if (this.#gone !== undefined) return
    this.#gone = error
    this.#greeting.reject(error)
    this.#senders.clear()
    this.#control = []
    const contexts = [...this.#contexts.values()]
    this.#contexts.clear()
    for (const end of contexts) end.broken(error)
    this.#options.onGone?.(this, error)
  }
}
