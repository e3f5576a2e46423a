import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

// What one read has filled is to serve the next: to get its pages from the system again takes longer than the read.
const keptMemory = { MALLOC_TRIM_THRESHOLD_: String(2 ** 28), MALLOC_MMAP_THRESHOLD_: String(2 ** 28) }

/** Somebody to whom traces can be sent, in a process of its own: takes them all, and throws them away. */
export async function startTraceCollector(): Promise<{ url: string; stop(): Promise<void> }> {
  const child: ChildProcess = fork(import.meta.filename, { execArgv: [], env: { ...process.env, ...keptMemory } })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

// It has the same processors as what is measured, so it does as little as can be: whatever is in the bodies, it skips.
function collect(): void {
  const server = createServer((socket) => {
    const requests = new ChunkedRequests(() => socket.write(answer))
    socket.on('data', (bytes) => requests.take(bytes)).on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}

/** The requests of a connection, whose bodies come in chunks, as those of the exporter do. */
class ChunkedRequests {
  readonly #onEnd: () => void
  #place: 'headers' | 'chunks' | 'trailers' = 'headers'
  #line = ''
  #skipCount = 0

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skipCount > 0) {
        const skipped = Math.min(this.#skipCount, bytes.length - at)
        this.#skipCount -= skipped
        at += skipped
        continue
      }
      const end = bytes.indexOf('\n', at)
      this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
      if (end === -1) return
      this.#takeLine(this.#line.trimEnd())
      this.#line = ''
      at = end + 1
    }
  }

  #takeLine(line: string): void {
    if (this.#place === 'headers') {
      if (line.toLowerCase().startsWith('content-length')) throw new Error(`no request in chunks: ${line}`)
      if (line === '') this.#place = 'chunks'
    } else if (this.#place === 'trailers') {
      if (line === '') this.#endRequest()
    } else if (line === '0') this.#place = 'trailers'
    // An empty line is the end of a chunk.
    else if (line !== '') this.#skipCount = Number.parseInt(line, 16)
  }

  #endRequest(): void {
    this.#place = 'headers'
    this.#onEnd()
  }
}

if (import.meta.main) collect()
