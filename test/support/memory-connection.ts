import type { Connection, ConnectionEvents } from '../../engine/transport.ts'

/** Two connected ends of a duplex of bytes in this process. Bytes arrive with the next turn of the event loop. */
export function memoryConnectionPair(): [MemoryConnection, MemoryConnection] {
  const left = new MemoryConnection('memory:left')
  const right = new MemoryConnection('memory:right')
  left.connectTo(right)
  right.connectTo(left)
  return [left, right]
}

/** One end. A test can hold its reading back, cut the chunks that arrive elsewhere, and break it. */
export class MemoryConnection implements Connection {
  readonly label: string
  /** Put in by a test that wants this end to take no more. */
  congested = false
  writeCount = 0
  /** Cuts what arrives here into chunks of this size. */
  chunkBytes = Infinity
  #peer: MemoryConnection | undefined
  #events: ConnectionEvents | undefined
  #arrived: Uint8Array[] = []
  #scheduled = false
  #ended = false
  #peerEnded = false
  #closed = false

  constructor(label: string) {
    this.label = label
  }

  connectTo(peer: MemoryConnection): void {
    this.#peer = peer
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#ended || this.#closed) return
    this.writeCount += 1
    // Copied, as a kernel does: what is written later to the same memory does not travel.
    this.#peer?.arrive(Buffer.concat(parts))
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    this.#schedule()
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.#peer?.peerEnds()
  }

  destroy(): void {
    if (this.#closed) return
    this.#peer?.peerEnds()
    setImmediate(() => this.#close(undefined))
  }

  keepAlive(): void {
    // Nothing here keeps a process alive.
  }

  /** Ends congestion. */
  drain(): void {
    this.congested = false
    this.#events?.onDrain()
  }

  /** Breaks the connection at this end, as the system does: with an error, or without a word. */
  break(error?: Error): void {
    this.#close(error)
  }

  /** Hands this end's owner bytes that its peer never wrote. */
  arrive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += this.chunkBytes) {
      this.#arrived.push(bytes.subarray(at, at + this.chunkBytes))
    }
    this.#schedule()
  }

  peerEnds(): void {
    this.#peerEnded = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#events === undefined) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    for (const chunk of this.#arrived.splice(0)) {
      if (!this.#closed) this.#events?.onBytes(chunk)
    }
    if (!this.#peerEnded || this.#closed) return
    // As a socket does: the peer's end is answered with this side's, and then it is closed.
    this.end()
    this.#close(undefined)
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#peer?.peerEnds()
    this.#events?.onClose(error)
  }
}
