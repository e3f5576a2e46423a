import { BusyPoll } from './busy-poll.ts'
import { Decoder, defaultMaxFrameBytes, Encoder } from './codec.ts'
import type { ContextStatus } from './context-status.ts'
import { type ActorId, ChannelBrokenError, ChannelClosedError, ContextLimitError, ProtocolError } from './errors.ts'
import {
  type ContextFrame,
  type Frame,
  Kind,
  type PackedYieldFrame,
  type StartFrame,
  type YieldFrame,
} from './frame.ts'
import { Greeting } from './greeting.ts'
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts'
import { ItemUnpacker } from './item-unpacker.ts'
import type { MessageSender, SenderOutlet } from './message-sender.ts'
import { packDirectError } from './remote-error.ts'
import { steadyMs } from './steady-clock.ts'
import type { Connection } from './transport.ts'

// One pack and one write carry about this much; more is written in rounds, so that streams take turns. At the most, and
// in what a frame may be: a round that is nearly full may still take in one of the largest items.
const maxRoundBytes = 256 * 1024
const roundShare = 64
// What a control frame weighs beside the value in it.
const controlBytes = 64

// So many control frames are not kept for the end of the tick: the peer works on them while the next ones come up. Without
// that, the two ends of many calls at a time would work by turns.
const fullControlCount = 32

// What a peer may send before it has said who it is.
const maxHelloBytes = 64 * 1024

// How long a closed channel waits for its peer to end its side.
const lingerMs = 1_000

/** One actor's end of a context on a channel. */
export interface ContextEnd {
  receive(frame: ContextFrame): void
  /** The channel is gone. */
  broken(error: Error): void
  /** What it has and waits for, for a dump. */
  describe?(): ContextStatus
}

export interface ChannelOptions {
  readonly self: ActorId
  /** Who is expected at the other end, if that is known before its hello. */
  readonly peer?: ActorId
  /** The side that opened the connection; it numbers its contexts oddly, the other evenly. */
  readonly opener: boolean
  readonly maxFrameBytes?: number
  /** The most calls that the peer may have open. */
  readonly maxContextCount?: number
  /** The deepest nesting of a value from this peer; without it only the stack sets a limit. */
  readonly maxDepth?: number
  /** What both ends prove to know. */
  readonly token?: string
  /** How long the peer may take to say who it is. */
  readonly handshakeTimeoutMs?: number
  /** When a silent peer is given up; without it never. */
  readonly heartbeat?: HeartbeatOptions
  /** How long the event loop stays awake for an answer. Microseconds; without it, not at all. */
  readonly busyPollUs?: number
  /** The connection keeps the process alive only while this side waits for something on it. */
  readonly restful?: boolean
  /** The peer calls a function here. */
  onStart(channel: Channel, frame: StartFrame): void
  /** Called once, when the channel is gone. */
  onGone?(channel: Channel, error: Error): void
  /** What has become of a peer that has gone; whoever waits on the channel gets that. It must not take long. */
  readonly explainLoss?: (error: ChannelBrokenError) => Promise<Error>
}

const unknownPeer: ActorId = { name: '(not yet known)', id: '-' }

/**
 * One connection to a peer actor, carrying many contexts at once. It flushes what its contexts have for the peer in one
 * pack and one write: control frames and the first items of a turn of the event loop at the end of the tick, further items at
 * the end of the turn, and whichever comes first takes everything along.
 */
export class Channel implements SenderOutlet {
  readonly maxItemBytes: number
  readonly #connection: Connection
  readonly #options: ChannelOptions
  readonly #greeting: Greeting
  readonly #heartbeat: Heartbeat | undefined
  readonly #busyPoll: BusyPoll
  readonly #encoder = new Encoder()
  readonly #decoder: Decoder
  readonly #contexts = new Map<number, ContextEnd>()
  // Of those from which packed items came.
  readonly #unpackers = new Map<number, ItemUnpacker>()
  // Control frames, with their weight; bounded by the contexts and what each may say.
  #control: { frame: Frame; weight: number }[] = []
  // What belongs to the greeting goes before everything else.
  #greetings: Frame[] = []
  readonly #roundBytes: number
  readonly #senders = new Set<MessageSender>()
  #lastId: number
  #lastPeerStart = 0
  // The contexts that this side opened, and those that the peer did.
  #attached = 0
  #adopted = 0
  #tickScheduled = false
  #turnScheduled = false
  // Made once: they are called for every flush.
  readonly #onTick: () => void = () => {
    this.#tickScheduled = false
    this.#flush()
  }
  readonly #onTurn: () => void = () => {
    this.#turnScheduled = false
    this.#flush()
  }
  readonly #deliver: (frame: Frame) => void = (frame) => this.#onFrame(frame)
  #flushing = false
  #gone: Error | undefined
  #closing: Error | undefined
  readonly #greeted = Promise.withResolvers<ActorId>()
  readonly #greetingTimer: NodeJS.Timeout | undefined
  readonly #ended = Promise.withResolvers<void>()

  constructor(connection: Connection, options: ChannelOptions) {
    this.#connection = connection
    this.#options = options
    this.#greeting = new Greeting(options)
    const maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes
    const { givesChunks = false } = connection
    const { maxDepth } = options
    this.#decoder = new Decoder({ maxFrameBytes, givesChunks, ...(maxDepth === undefined ? {} : { maxDepth }) })
    // A stranger gets no more than a hello takes.
    this.#decoder.maxFrameBytes = Math.min(maxFrameBytes, maxHelloBytes)
    // Room for the rest of the round, and for what the estimate of its size may be short of.
    this.maxItemBytes = Math.floor((maxFrameBytes * 15) / 16)
    this.#roundBytes = Math.min(maxRoundBytes, maxFrameBytes / roundShare)
    this.#lastId = options.opener ? -1 : 0
    this.#heartbeat = options.heartbeat === undefined ? undefined : new Heartbeat(options.heartbeat, steadyMs())
    this.#busyPoll = new BusyPoll(options.busyPollUs ?? 0)
    this.#greeted.promise.catch(() => undefined)
    this.#greetingTimer = this.#limitGreeting()
    connection.start({
      onBytes: (chunk, attached) => this.#onBytes(chunk, attached),
      onDrain: () => this.#flush(),
      onClose: (error) => this.#onClose(error),
    })
    this.#rest()
    this.#greetings.push(this.#greeting.hello())
    this.#flushAfterTick()
  }

  #limitGreeting(): NodeJS.Timeout | undefined {
    const { handshakeTimeoutMs } = this.#options
    if (handshakeTimeoutMs === undefined) return undefined
    return setTimeout(() => {
      const why = `it did not say who it is within ${handshakeTimeoutMs} ms`
      this.#fail(new ChannelBrokenError(this.peer, why, { handshakeLimitMs: handshakeTimeoutMs }))
    }, handshakeTimeoutMs).unref()
  }

  get peer(): ActorId {
    return this.#greeting.peer ?? this.#options.peer ?? unknownPeer
  }

  /** Where the connection leads. */
  get label(): string {
    return this.#connection.label
  }

  /** Resolves to the peer's identity when there is no doubt of it; rejects if the channel ends before. */
  get greeted(): Promise<ActorId> {
    return this.#greeted.promise
  }

  /** Why the channel cannot be used any more; undefined while it can. */
  get gone(): Error | undefined {
    return this.#gone ?? this.#closing
  }

  get contextCount(): number {
    return this.#contexts.size
  }

  /** How long the last ping and its answer took; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat?.roundTripMs
  }

  /** True while the peer takes no more for now. */
  get congested(): boolean {
    return this.#connection.congested
  }

  /** The open contexts, for a dump. */
  *statuses(): Generator<ContextStatus> {
    for (const end of this.#contexts.values()) {
      const status = end.describe?.()
      if (status !== undefined) yield status
    }
  }

  /** A number for a context that this side opens. */
  attach(end: ContextEnd): number {
    this.#lastId += 2
    this.#contexts.set(this.#lastId, end)
    this.#attached += 1
    if (this.#attached === 1) this.#rest()
    return this.#lastId
  }

  /** Takes in a context that the peer opened. */
  adopt(id: number, end: ContextEnd): void {
    this.#contexts.set(id, end)
    this.#adopted += 1
  }

  detach(id: number): void {
    if (!this.#contexts.delete(id)) return
    this.#unpackers.delete(id)
    if (id % 2 !== Math.abs(this.#lastId % 2)) this.#adopted -= 1
    else {
      this.#attached -= 1
      if (this.#attached === 0) this.#rest()
    }
  }

  // A process is kept alive by what it waits for, not by what others may want of it.
  #rest(): void {
    if (this.#options.restful !== true) return
    const greeting = this.#options.opener && this.#greeting.peer === undefined
    this.#connection.keepAlive(greeting || this.#attached > 0)
  }

  /** Sends a control frame, with others of this tick. `weight` is that of the value in it. */
  post(frame: Frame, weight = 0): void {
    if (this.#gone !== undefined) return
    this.#control.push({ frame, weight: weight + controlBytes })
    if (this.#control.length >= fullControlCount) this.#flush()
    else this.#flushAfterTick()
  }

  /** Allows the peer so many items and bytes of a context in all: with what else is posted in this tick, or at once. */
  grant(id: number, count: number, bytes: number, when: 'next' | 'now'): void {
    this.post([Kind.credit, id, count, bytes])
    if (when === 'now') this.#flush()
  }

  ready(sender: MessageSender, when: 'soon' | 'now' | 'next'): void {
    if (this.#gone !== undefined) return
    this.#senders.add(sender)
    if (when === 'now') this.#flush()
    else if (when === 'next') this.#flushAfterTick()
    else if (!this.#turnScheduled) {
      // The first of a turn does not wait for its end, which may be far off: what comes after it does, and gathers.
      this.#turnScheduled = true
      setImmediate(this.#onTurn)
      this.#flushAfterTick()
    }
  }

  /** Looks whether the peer is alive, and asks it if it has been silent; `heldUpMs` is how late this look is. */
  look(now: number, heldUpMs: number): void {
    // Before its hello a peer has its own limit: a process takes a while to start.
    if (this.gone !== undefined || this.#heartbeat === undefined || this.#greeting.peer === undefined) return
    switch (this.#heartbeat.tick(now, heldUpMs)) {
      case 'ping':
        return this.post([Kind.ping, 0, this.#heartbeat.ping(now)])
      case 'dead': {
        const { limitMs = 0 } = this.#options.heartbeat ?? {}
        return this.#fail(
          new ChannelBrokenError(this.peer, `no sign of life from it for ${limitMs} ms`, { frozen: true }),
        )
      }
      case 'quiet':
    }
  }

  /**
   * Says goodbye and ends the channel. What was posted before is still sent; open contexts are broken off at once. Resolves
   * when the peer has heard it and ended its side: a process that exits before could lose its last words. A peer that
   * does not read is not waited for longer than a second.
   */
  async close(why: string): Promise<void> {
    if (this.gone === undefined) {
      this.#closing = new ChannelClosedError(this.peer)
      this.#sayGoodbye(why)
      this.#breakOff(this.#closing)
    }
    const linger = setTimeout(() => this.#connection.destroy(), lingerMs)
    await this.#ended.promise
    clearTimeout(linger)
  }

  // The goodbye goes out even if the peer takes no more for now: it is the last that is written.
  #sayGoodbye(why: string): void {
    // What the streams have still to say comes before it.
    if (this.#greeting.peer !== undefined) this.#flush({ last: true })
    this.post([Kind.goaway, 0, why])
    this.#flush({ last: true })
    this.#connection.end()
  }

  #flushAfterTick(): void {
    if (this.#tickScheduled) return
    this.#tickScheduled = true
    process.nextTick(this.#onTick)
  }

  #flush({ last = false } = {}): void {
    if (this.#flushing || this.#gone !== undefined) return
    this.#flushing = true
    try {
      if (this.#greetings.length > 0) this.#connection.write(this.#encoder.encode(this.#greetings.splice(0)))
      // Nothing is said to a peer that has not proved who it is, but why not.
      const trusted = this.#options.token === undefined || this.#greeting.peer !== undefined
      if (!trusted) {
        const goodbye = last ? this.#control.pop() : undefined
        if (goodbye !== undefined) this.#connection.write(this.#encoder.encode([goodbye.frame]))
        return
      }
      while (this.#control.length > 0 || this.#senders.size > 0) {
        if (this.#connection.congested && !last) break
        this.#writeRound()
      }
    } catch (error) {
      // The encoder and the peer's decoder no longer agree on the record shapes: nothing more can be said.
      this.#flushing = false
      this.#destroy(new ProtocolError('a value changed while it was being sent', { cause: error }))
    } finally {
      this.#flushing = false
    }
  }

  #writeRound(): void {
    const frames: Frame[] = []
    let bytes = 0
    if (this.#control.length > 0) {
      for (const { frame, weight } of this.#control) {
        if (bytes >= this.#roundBytes) break
        frames.push(frame)
        bytes += weight
      }
      if (frames.length === this.#control.length) this.#control = []
      else this.#control.splice(0, frames.length)
    }
    // Each of them once: one that has more says so, and its turn comes in the next round.
    let turns = this.#senders.size
    for (const sender of this.#senders) {
      if (turns === 0 || bytes >= this.#roundBytes) break
      turns -= 1
      this.#senders.delete(sender)
      bytes += sender.take(frames)
    }
    if (frames.length === 0) return
    this.#connection.write(this.#encoder.encode(frames))
    this.#busyPoll.sent(bytes)
  }

  #onBytes(chunk: Uint8Array, attached: readonly Uint8Array[] | undefined): void {
    if (this.#gone !== undefined) return
    this.#heartbeat?.heard()
    this.#busyPoll.heard(chunk.byteLength)
    try {
      if (attached === undefined) this.#decoder.push(chunk, this.#deliver)
      else this.#decoder.pushWhole(chunk, attached, this.#deliver)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #onFrame(frame: Frame): void {
    if (this.#gone !== undefined) return
    switch (frame[0]) {
      case Kind.hello: {
        const proof = this.#greeting.receiveHello(frame)
        if (proof !== undefined) {
          this.#greetings.push(proof)
          this.#flushAfterTick()
        }
        return this.#greetIfTrusted()
      }
      case Kind.proof:
        this.#greeting.receiveProof(frame)
        return this.#greetIfTrusted()
      case Kind.goaway:
        return this.#destroy(new ChannelBrokenError(this.peer, `it left (${frame[2]})`, { goodbye: frame[2] }))
      default:
        if (this.#greeting.peer === undefined) throw new ProtocolError('the peer spoke before it said who it is')
    }
    switch (frame[0]) {
      case Kind.ping:
        return this.post([Kind.pong, 0, frame[2]])
      case Kind.pong:
        return this.#heartbeat?.pong(frame[2], steadyMs())
      case Kind.start:
        return this.#onStart(frame)
      default: {
        // A frame for a context that has ended here meanwhile is late, not wrong.
        const end = this.#contexts.get(frame[1])
        if (end === undefined) return
        end.receive(isPacked(frame) ? this.#unpackItems(frame) : frame)
      }
    }
  }

  #unpackItems(frame: PackedYieldFrame): YieldFrame {
    const [kind, id, run, bytes, traces] = frame
    let unpacker = this.#unpackers.get(id)
    if (unpacker === undefined) {
      const { maxFrameBytes = defaultMaxFrameBytes } = this.#options
      unpacker = new ItemUnpacker({ maxFrameBytes })
      this.#unpackers.set(id, unpacker)
    }
    const items = unpacker.unpack(run)
    return traces === undefined ? [kind, id, items, bytes] : [kind, id, items, bytes, traces]
  }

  #greetIfTrusted(): void {
    if (this.#greeting.peer === undefined) return
    clearTimeout(this.#greetingTimer)
    this.#decoder.maxFrameBytes = this.#options.maxFrameBytes ?? defaultMaxFrameBytes
    this.#rest()
    this.#greeted.resolve(this.#greeting.peer)
    this.#flushAfterTick()
  }

  #onStart(frame: StartFrame): void {
    const id = frame[1]
    const { opener, maxContextCount = Infinity, self } = this.#options
    if (id % 2 === (opener ? 1 : 0) || id <= this.#lastPeerStart) {
      throw new ProtocolError(`the peer opened context ${id}, which is not its to open`)
    }
    this.#lastPeerStart = id
    if (this.#closing !== undefined) return
    // The engine's own requests come through: an actor that is full can still be ended.
    if (this.#adopted >= maxContextCount && frame[3] === '') {
      this.post([Kind.error, id, packDirectError(new ContextLimitError(self, maxContextCount), self)])
    } else this.#options.onStart(this, frame)
  }

  #onClose(error: Error | undefined): void {
    this.#ended.resolve()
    this.#destroy(
      new ChannelBrokenError(
        this.peer,
        error?.message ?? 'the peer vanished',
        error === undefined ? {} : { cause: error },
      ),
    )
  }

  /** Gives the channel up, and says why if the peer may want to know. */
  #fail(error: Error): void {
    if (this.#gone !== undefined) return
    if (!(error instanceof ProtocolError) || this.#closing !== undefined) return this.#destroy(error)
    this.#sayGoodbye(error.message)
    setTimeout(() => this.#connection.destroy(), lingerMs).unref()
    this.#breakOff(error)
  }

  #destroy(error: Error): void {
    if (this.#gone !== undefined) return
    this.#connection.destroy()
    this.#breakOff(this.#closing ?? error)
  }

  #breakOff(error: Error): void {
    if (this.#gone !== undefined) return
    this.#gone = error
    clearTimeout(this.#greetingTimer)
    this.#greeted.reject(error)
    this.#senders.clear()
    this.#control = []
    this.#greetings = []
    const contexts = [...this.#contexts.values()]
    this.#contexts.clear()
    this.#unpackers.clear()
    const tell = (why: Error) => {
      for (const end of contexts) end.broken(why)
    }
    const { explainLoss } = this.#options
    const explained = error instanceof ChannelBrokenError && contexts.length > 0 && explainLoss !== undefined
    this.#options.onGone?.(this, error)
    if (explained) explainLoss(error).then(tell, () => tell(error))
    else tell(error)
  }
}

function isPacked(frame: ContextFrame | PackedYieldFrame): frame is PackedYieldFrame {
  return frame[0] === Kind.yield && !Array.isArray(frame[2])
}
