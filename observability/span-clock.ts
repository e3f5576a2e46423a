const twoTo32 = 2 ** 32

// What the system's clock may be off by, before it is followed: less than that is lost in the rounding of `Date.now()`.
const toleranceMs = 5

/** How long a span is at least: of one that lasts no time at all, Jaeger says that it ends before it begins. */
export const shortestSpanMs = 0.001

/**
 * The time of spans. Read as `performance.now()`, which has the resolution that a hop needs, and written as nanoseconds since
 * 1970, which are more than a double can count: so their upper and lower halves are kept apart.
 */
export class SpanClock {
  #originMs = performance.timeOrigin
  #originLow = 0
  #originHigh = 0

  constructor() {
    this.#begin(performance.timeOrigin)
  }

  #begin(originMs: number): void {
    this.#originMs = originMs
    const ns = BigInt(Math.round(originMs * 1000)) * 1000n
    this.#originLow = Number(ns & 0xffffffffn)
    this.#originHigh = Number(ns >> 32n)
  }

  /** To be called now and then: the system's clock is set, and goes on while the machine sleeps. */
  follow(): void {
    const originMs = Date.now() - performance.now()
    if (Math.abs(originMs - this.#originMs) > toleranceMs) this.#begin(originMs)
  }

  /** Writes a time that `performance.now()` gave, in eight bytes. */
  write(view: DataView, at: number, nowMs: number): void {
    const ns = Math.round(nowMs * 1e6)
    const nsLow = ns >>> 0
    const low = this.#originLow + nsLow
    const carried = low >= twoTo32 ? 1 : 0
    view.setUint32(at, low >>> 0, true)
    view.setUint32(at + 4, this.#originHigh + (ns - nsLow) / twoTo32 + carried, true)
  }
}
