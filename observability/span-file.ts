import { closeSync, openSync, writeSync } from 'node:fs'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { otlpJsonLine } from './otlp-json.ts'

// Few enough for a line that a person can still look at, many enough for few writes.
const spansPerLine = 256
// What is lost of an actor that is killed. One that throws, or is ended in any other way, loses nothing.
const writeEveryMs = 1_000

// Actors that run inline share a process, which is not to have a listener for each of them.
const openFiles = new Set<SpanFile>()
const writeAll = (): void => {
  for (const file of openFiles) file.write()
}

export interface SpanFileOptions {
  /** Called at the first failure; nothing more is written then. */
  complain(error: unknown): void
}

/**
 * Appends the spans of an actor to a file that all actors of the run write to. Each line is one write to a file that was
 * opened for appending, which the system does not mix with those of others, and is whole in itself: it says whose spans it
 * has. So whatever becomes of one actor, the lines of the others are there. The writes are synchronous, so that the last
 * spans are written when the process exits, however that came; nothing is ever dropped for want of room.
 */
export class SpanFile implements SpanProcessor {
  readonly #options: SpanFileOptions
  #descriptor: number | undefined
  #spans: ReadableSpan[] = []
  #timer: NodeJS.Timeout | undefined

  /** Opens the file, which has to be there. A file that cannot be opened is complained about, and nothing is written. */
  constructor(path: string, options: SpanFileOptions) {
    this.#options = options
    try {
      this.#descriptor = openSync(path, 'a')
      if (openFiles.size === 0) process.on('exit', writeAll)
      openFiles.add(this)
    } catch (error) {
      options.complain(error)
    }
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    // What the sampler left out is not to be followed.
    if (this.#descriptor === undefined || (span.spanContext().traceFlags & 1) === 0) return
    this.#spans.push(span)
    if (this.#spans.length === spansPerLine) this.write()
    else this.#timer ??= setTimeout(() => this.write(), writeEveryMs).unref()
  }

  async forceFlush(): Promise<void> {
    this.write()
  }

  async shutdown(): Promise<void> {
    this.write()
    this.#close()
  }

  /** Writes what there is. Never throws. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const spans = this.#spans
    if (spans.length === 0 || this.#descriptor === undefined) return
    this.#spans = []
    try {
      const line = Buffer.from(otlpJsonLine(spans))
      const written = writeSync(this.#descriptor, line)
      // The rest would land behind what others have written meanwhile.
      if (written < line.length) throw new Error(`only ${written} of ${line.length} bytes could be written`)
    } catch (error) {
      this.#close()
      this.#options.complain(error)
    }
  }

  #close(): void {
    if (this.#descriptor === undefined) return
    openFiles.delete(this)
    if (openFiles.size === 0) process.off('exit', writeAll)
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#spans = []
  }
}
