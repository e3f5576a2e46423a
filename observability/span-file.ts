import { closeSync, openSync, writeSync } from 'node:fs'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Delivery } from './delivery.ts'
import { exported } from './export-result.ts'
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

/**
 * Appends the spans of an actor to a file that all actors of the run write to. Each line is one write to a file that was
 * opened for appending, which the system does not mix with those of others, and is whole in itself: it says whose spans it
 * has. So whatever becomes of one actor, the lines of the others are there. The writes are synchronous, so that the last
 * spans are written when the process exits, however that came; nothing is ever dropped for want of memory. With the first line
 * that cannot be written, as on a disk that is full, the writing ends: the delivery says so, and at the end how many are lost.
 */
export class SpanFile implements SpanProcessor {
  readonly #delivery: Delivery
  #descriptor: number | undefined
  #spans: ReadableSpan[] = []
  #timer: NodeJS.Timeout | undefined

  /** Opens the file, which has to be there, and owns the delivery. If it cannot be opened, nothing is written. */
  constructor(path: string, delivery: Delivery) {
    this.#delivery = delivery
    try {
      this.#descriptor = openSync(path, 'a')
      if (openFiles.size === 0) process.on('exit', writeAll)
      openFiles.add(this)
    } catch (error) {
      this.#failed(0, error)
    }
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    // What the sampler left out is not to be followed.
    if ((span.spanContext().traceFlags & 1) === 0) return
    this.#delivery.given(1)
    if (this.#descriptor === undefined) return
    this.#spans.push(span)
    if (this.#spans.length === spansPerLine) this.write()
    else this.#timer ??= setTimeout(() => this.write(), writeEveryMs).unref()
  }

  async forceFlush(): Promise<void> {
    this.write()
  }

  async shutdown(): Promise<void> {
    await this.#delivery.end(async () => {
      this.write()
      this.#close()
    }, writeEveryMs)
  }

  /** Writes what there is. Never throws. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const spans = this.#spans
    if (spans.length === 0 || this.#descriptor === undefined) return
    this.#spans = []
    try {
      writeLine(this.#descriptor, Buffer.from(otlpJsonLine(spans)))
      this.#delivery.settled(spans.length, exported)
    } catch (error) {
      this.#close()
      this.#failed(spans.length, error)
    }
  }

  #failed(count: number, error: unknown): void {
    this.#delivery.settled(count, { code: 1, error: error as Error })
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

/** Throws if it could not be written, or not all of it. */
function writeLine(descriptor: number, line: Uint8Array): void {
  const written = writeSync(descriptor, line)
  if (written === line.length) return
  // The rest would land behind what others have written meanwhile. The end of the line keeps theirs apart, and throws the reason.
  writeSync(descriptor, '\n')
  throw new Error(`only ${written} of ${line.length} bytes could be written`)
}
