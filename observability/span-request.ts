import type { Field } from './protobuf.ts'
import type { SpanClock } from './span-clock.ts'
import type { SpanRecords } from './span-records.ts'

const firstBytes = 16 * 1024

/** The spans of one request, encoded, with room before them for what is known when there are all of them. */
export class SpanRequest {
  readonly #startBytes: number
  #bytes: Buffer
  #end: number
  #spanCount = 0

  /** @param startBytes the most that is to come before the spans. */
  constructor(startBytes: number) {
    this.#startBytes = startBytes
    this.#bytes = Buffer.allocUnsafeSlow(startBytes + firstBytes)
    this.#end = startBytes
  }

  get spanCount(): number {
    return this.#spanCount
  }

  /** How many bytes the spans are. */
  get spansLength(): number {
    return this.#end - this.#startBytes
  }

  /** Takes all of the records, which are empty then. */
  add(records: SpanRecords, clock: SpanClock): void {
    const end = this.#end + records.encodedLength
    if (end > this.#bytes.length) this.#grow(end)
    this.#spanCount += records.count
    records.encode(this.#bytes, this.#end, (view, at, ms) => clock.write(view, at, ms))
    this.#end = end
  }

  /** The request, which begins like that. It holds until `clear`. */
  complete(start: Field): Uint8Array {
    const startAt = this.#startBytes - start.length
    this.#bytes.set(start, startAt)
    return this.#bytes.subarray(startAt, this.#end)
  }

  /** It is over, and another one begins. Memory that was used before costs less to write to than new memory. */
  clear(): void {
    this.#end = this.#startBytes
    this.#spanCount = 0
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = grown
  }
}
