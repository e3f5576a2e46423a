import type { SpanTemplate } from './otlp-messages.ts'
import { writePaddedVarint } from './protobuf.ts'
import { shortestSpanMs } from './span-clock.ts'

// Eight whole numbers of four bytes and four doubles: a line of the processor's cache.
const recordBytes = 64
const intsPerRecord = recordBytes / Int32Array.BYTES_PER_ELEMENT
const doublesPerRecord = recordBytes / Float64Array.BYTES_PER_ELEMENT
// A third of a request; as many usual spans as there is room for are fewer bytes.
const fullBytes = 320_000

/**
 * Spans that have ended, as the few numbers that tell one from the next. Where one item in a hundred is followed, what its
 * span costs is the memory and code that are touched for it alone, in the middle of everything else: here that is next to
 * nothing, and the encoding is done for many spans at once.
 */
export class SpanRecords {
  readonly #capacity: number
  readonly #templates: SpanTemplate[] = []
  readonly #ints: Int32Array
  readonly #doubles: Float64Array
  #count = 0
  #encodedLength = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    const memory = new ArrayBuffer(capacity * recordBytes)
    this.#ints = new Int32Array(memory)
    this.#doubles = new Float64Array(memory)
  }

  get count(): number {
    return this.#count
  }

  /** Whether they should be encoded before there are more: spans that failed may be long. */
  get isFull(): boolean {
    return this.#count === this.#capacity || this.#encodedLength >= fullBytes
  }

  /** How many bytes the spans will be. */
  get encodedLength(): number {
    return this.#encodedLength
  }

  /** Adds a span, if there is room. Its parts are given one by one: an object of them would be one for each span. */
  add(
    template: SpanTemplate,
    trace0: number,
    trace1: number,
    trace2: number,
    trace3: number,
    span0: number,
    span1: number,
    parent0: number,
    parent1: number,
    startMs: number,
    endMs: number,
    number: number,
    waitMs: number,
  ): void {
    const index = this.#count
    this.#count = index + 1
    this.#encodedLength += template.bytes.length
    this.#templates[index] = template
    const ints = this.#ints
    let at = index * intsPerRecord
    ints[at] = trace0
    ints[at + 1] = trace1
    ints[at + 2] = trace2
    ints[at + 3] = trace3
    ints[at + 4] = span0
    ints[at + 5] = span1
    ints[at + 6] = parent0
    ints[at + 7] = parent1
    const doubles = this.#doubles
    at = index * doublesPerRecord + 4
    doubles[at] = startMs
    doubles[at + 1] = endMs
    doubles[at + 2] = number
    doubles[at + 3] = waitMs
  }

  /** Writes all of them to `bytes`, beginning at `start`, and is empty then. */
  encode(bytes: Uint8Array, start: number, writeTime: (view: DataView, at: number, ms: number) => void): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const ints = this.#ints
    const doubles = this.#doubles
    let end = start
    for (let index = 0; index < this.#count; index += 1) {
      const template = this.#templates[index] as SpanTemplate
      bytes.set(template.bytes, end)
      const { traceIdAt, spanIdAt, parentIdAt, startAt, endAt, measured } = template
      const at = index * intsPerRecord
      for (let i = 0; i < 4; i += 1) view.setInt32(end + traceIdAt + i * 4, ints[at + i] as number)
      for (let i = 0; i < 2; i += 1) view.setInt32(end + spanIdAt + i * 4, ints[at + 4 + i] as number)
      if (parentIdAt > 0) {
        for (let i = 0; i < 2; i += 1) view.setInt32(end + parentIdAt + i * 4, ints[at + 6 + i] as number)
      }
      const doubleAt = index * doublesPerRecord + 4
      const startMs = doubles[doubleAt] as number
      const endMs = doubles[doubleAt + 1] as number
      writeTime(view, end + startAt, startMs)
      writeTime(view, end + endAt, Math.max(endMs, startMs + shortestSpanMs))
      if (measured !== undefined) {
        writePaddedVarint(bytes, end + measured.numberAt, doubles[doubleAt + 2] as number)
        view.setFloat64(end + measured.waitAt, doubles[doubleAt + 3] as number, true)
        if (measured.durationAt > 0) view.setFloat64(end + measured.durationAt, endMs - startMs, true)
      }
      end += template.bytes.length
    }
    this.clear()
  }

  clear(): void {
    this.#count = 0
    this.#encodedLength = 0
    this.#templates.length = 0
  }
}
