import type { Connection } from '../../engine/transport.ts'

/** One end of a connection, and all that it has heard. */
export class End {
  readonly connection: Connection
  readonly chunks: Uint8Array[] = []
  readonly closes: (Error | undefined)[] = []
  drainCount = 0
  #waiting: (() => void)[] = []

  constructor(connection: Connection) {
    this.connection = connection
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get byteCount(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  }

  start(): this {
    this.connection.start({
      onBytes: (chunk) => {
        this.chunks.push(Uint8Array.from(chunk))
        this.#look()
      },
      onDrain: () => {
        this.drainCount += 1
        this.#look()
      },
      onClose: (error) => {
        this.closes.push(error)
        this.#look()
      },
    })
    return this
  }

  write(...parts: (Uint8Array | string)[]): void {
    this.connection.write(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  }

  /** Waits for something that an event brings about. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async closed(): Promise<void> {
    await this.until(() => this.closes.length > 0)
  }

  #look(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Bytes of which each 4 are their own place, so that nothing can be lost, doubled or exchanged unseen. */
export function countingBytes(size: number, from = 0): Uint8Array {
  const words = Uint32Array.from({ length: size / 4 }, (_, index) => from / 4 + index)
  return new Uint8Array(words.buffer)
}

/** Lets the event loop turn. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const handles = new Set(['PipeWrap', 'PipeConnectWrap', 'TCPSocketWrap', 'TCPConnectWrap', 'TLSWrap', 'MessagePort'])

/** The handles of connections that keep this process alive. */
export function openHandles(): string {
  const open = process.getActiveResourcesInfo().filter((name) => handles.has(name))
  return open.toSorted().join()
}
