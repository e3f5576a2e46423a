import type { Connection, ConnectionEvents } from '../transport.ts'
import { UnreadBytes, unreadWeight } from './unread-bytes.ts'

const foreverMs = 2_147_483_647

/**
 * One of two ends in one thread. What is written is copied, as a kernel does, and each write arrives as one chunk in a
 * later turn of the event loop. Each chunk has a callback of its own there, so that the ticks and microtasks that it
 * causes run before the next, and what they write waits for the turn after: the loop goes on to its other work.
 */
export class MemoryConnection implements Connection {
  readonly label: string
  readonly givesChunks = true
  readonly sameThread = true
  // What the peer has not been handed yet.
  readonly #unread = new UnreadBytes()
  // What was written for this end; null is the peer's end.
  #arrived: (Uint8Array | null)[] = []
  // Itself until it is connected.
  #other: MemoryConnection = this
  #events: ConnectionEvents | undefined
  #ended = false
  #closed = false
  #told = false
  #keeps = true
  #keeper: NodeJS.Timeout | undefined

  constructor(label: string) {
    this.label = label
  }

  /** Makes two ends of each other. */
  static connect(left: MemoryConnection, right: MemoryConnection): void {
    left.#other = right
    right.#other = left
  }

  get congested(): boolean {
    return this.#unread.congested
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#ended || this.#closed) return
    const chunk = Buffer.concat(parts)
    if (chunk.byteLength === 0) return
    this.#unread.add(unreadWeight([chunk]))
    this.#other.arrive(chunk)
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    if (this.#closed) return this.#tellClose()
    for (let each = 0; each < this.#arrived.length; each += 1) setImmediate(() => this.#deliver())
    // No handle of the system keeps the process alive for this, so a timer does: to wait for an actor is to wait,
    // wherever it runs.
    this.#keeper = setInterval(() => undefined, foreverMs)
    this.keepAlive(this.#keeps)
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.#other.arrive(null)
  }

  destroy(): void {
    if (this.#closed) return
    this.#close()
    this.#other.vanish()
    this.#tellClose()
  }

  keepAlive(keep: boolean): void {
    this.#keeps = keep
    if (keep) this.#keeper?.ref()
    else this.#keeper?.unref()
  }

  /** The peer has written, or ended. */
  arrive(chunk: Uint8Array | null): void {
    if (this.#closed) return
    this.#arrived.push(chunk)
    if (this.#events !== undefined) setImmediate(() => this.#deliver())
  }

  /** The peer was destroyed: what has not been handed over of its writes is dropped. */
  vanish(): void {
    this.#arrived = []
    this.arrive(null)
  }

  /** The peer's owner has been handed this much. */
  taken(weight: number): void {
    if (this.#unread.subtract(weight) && !this.#closed && !this.#ended) this.#events?.onDrain()
  }

  #deliver(): void {
    const chunk = this.#arrived.shift()
    if (chunk === undefined || this.#closed) return
    if (chunk === null) {
      // As a socket does: the peer's end is answered with this side's, and then it is closed.
      this.end()
      this.#close()
      this.#tellClose()
      return
    }
    this.#events?.onBytes(chunk)
    this.#other.taken(unreadWeight([chunk]))
  }

  #close(): void {
    this.#closed = true
    this.#arrived = []
    clearInterval(this.#keeper)
    this.#keeper = undefined
  }

  #tellClose(): void {
    setImmediate(() => {
      if (this.#told || this.#events === undefined) return
      this.#told = true
      this.#events.onClose(undefined)
    })
  }
}
