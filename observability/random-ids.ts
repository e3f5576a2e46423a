import { randomFillSync } from 'node:crypto'

const poolBytes = 8 * 1024

/**
 * Random bytes for the ids of traces and spans, as numbers and in hex: made many at a time, as each call costs more than the
 * bytes do, and a piece of a long text costs less than a text that is put together.
 */
export class RandomIds {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(poolBytes)
  readonly #view = new DataView(this.#bytes.buffer)
  #hex = ''
  #at = poolBytes

  /** Makes sure of so many bytes, which `int32` and `hex` then read until the next call. Returns where they are. */
  take(byteCount: number): number {
    let at = this.#at
    if (at + byteCount > poolBytes) {
      randomFillSync(this.#bytes)
      this.#hex = this.#bytes.toString('hex')
      at = 0
    }
    this.#at = at + byteCount
    return at
  }

  int32(at: number): number {
    return this.#view.getInt32(at)
  }

  hex(at: number, byteCount: number): string {
    return this.#hex.slice(at * 2, (at + byteCount) * 2)
  }
}
