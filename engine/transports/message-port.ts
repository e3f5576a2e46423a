import type { MessagePort } from 'node:worker_threads'
import { isGiven } from '../transfer.ts'
import type { Connection, ConnectionEvents } from '../transport.ts'
import { UnreadBytes, unreadWeight } from './unread-bytes.ts'

// What goes through the port: the bytes of a write, in one piece or with its attachments apart; how much was taken; and the end.
type Message = readonly Uint8Array[] | number | null

// Often enough that a congested peer goes on before this end has run dry.
const acknowledgedBytes = 512 * 1024

/**
 * A connection over a message port, to another thread as a rule. Each write is one message: a fresh buffer that holds all
 * its parts and is transferred, so that it is copied once. (The parts themselves cannot be transferred: the large ones
 * are the caller's own, the others lie in shared memory of the packer.) Only bytes that were given away are moved.
 *
 * A port has no backpressure, so the receiver reports what it has taken. A thread that ends in any way closes its ports:
 * this end then hears of the close, after all that was written before.
 */
export class MessagePortConnection implements Connection {
  readonly label: string
  readonly givesChunks = true
  readonly sameThread: boolean
  readonly #port: MessagePort
  readonly #unread = new UnreadBytes()
  #events: ConnectionEvents | undefined
  #taken = 0
  #keeps = true
  #ended = false
  // Nothing is handed on any more; `#gone` when the port itself says that it is closed.
  #closed = false
  #gone = false
  #failure: Error | undefined

  /** `port` is this end's from now on. */
  constructor(port: MessagePort, label: string, options: { sameThread?: boolean } = {}) {
    this.#port = port
    this.label = label
    this.sameThread = options.sameThread ?? false
    port.once('close', () => {
      this.#closed = true
      this.#gone = true
      this.#events?.onClose(this.#failure)
    })
  }

  get congested(): boolean {
    return this.#unread.congested
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#ended || this.#closed) return
    if (parts.every(({ byteLength }) => byteLength === 0)) return
    const pieces = parts.some(isGiven) ? piecesOf(parts) : [joined(parts)]
    this.#unread.add(unreadWeight(pieces))
    this.#port.postMessage(
      pieces,
      pieces.map(({ buffer }) => buffer),
    )
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    if (this.#gone) queueMicrotask(() => events.onClose(this.#failure))
    if (this.#closed) return
    this.#port.on('messageerror', (error) => {
      this.#failure = error
      this.destroy()
    })
    // This starts the port, and makes it keep the thread alive.
    this.#port.on('message', (message: Message) => this.#onMessage(message))
    this.keepAlive(this.#keeps)
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.#port.postMessage(null satisfies Message, [])
  }

  destroy(): void {
    this.#closed = true
    this.#port.close()
  }

  keepAlive(keep: boolean): void {
    this.#keeps = keep
    if (keep) this.#port.ref()
    else this.#port.unref()
  }

  #onMessage(message: Message): void {
    if (this.#closed) return
    if (message === null) {
      // As a socket does: the peer's end is answered with this side's, and then it is closed.
      this.end()
      this.destroy()
    } else if (typeof message === 'number') {
      if (this.#unread.subtract(message) && !this.#ended) this.#events?.onDrain()
    } else {
      const [first, ...attached] = message
      if (first === undefined) return
      if (attached.length === 0) this.#events?.onBytes(first)
      else this.#events?.onBytes(first, attached)
      this.#acknowledge(unreadWeight(message))
    }
  }

  #acknowledge(weight: number): void {
    this.#taken += weight
    if (this.#taken < acknowledgedBytes || this.#closed) return
    this.#port.postMessage(this.#taken satisfies Message, [])
    this.#taken = 0
  }
}

/** What is in front of the attachments, and each of these: as it is if it was given away, else a copy. */
function piecesOf([head, flush, ...attached]: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  const front = joined([head, flush].filter((part) => part !== undefined))
  return [front, ...attached.map((part) => (isGiven(part) ? (part as Uint8Array<ArrayBuffer>) : joined([part])))]
}

/** All in one fresh buffer: not from the pool, whose memory cannot be transferred, and not filled with zeros first. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const { byteLength } of parts) size += byteLength
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}
