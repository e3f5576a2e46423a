import { afterEach, describe, expect, it, vi } from 'vitest'
import { SpanClock } from '../../observability/span-clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function written(clock: SpanClock, ms: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  clock.write(view, 0, ms)
  return view.getBigUint64(0, true)
}

describe('The clock of spans', () => {
  it('writes nanoseconds since 1970', () => {
    const [before, ns, after] = [Date.now(), written(new SpanClock(), performance.now()), Date.now()]
    expect(Number(ns / 1_000_000n)).toBeGreaterThanOrEqual(before - 10)
    expect(Number(ns / 1_000_000n)).toBeLessThanOrEqual(after + 10)
  })

  it('tells times apart that are less than a millisecond from each other, for years', () => {
    const clock = new SpanClock()
    const origin = written(clock, 0)
    for (const ms of [0.001, 1, 1_000.5, 4_294.967_295, 4_294.967_296, 86_400_000.25, 3e10]) {
      expect(Number(written(clock, ms) - origin)).toBeCloseTo(ms * 1e6, -1)
    }
  })

  it('follows when the time of the system is set, and not what it is out by a little', () => {
    const clock = new SpanClock()
    const before = written(clock, 0)
    clock.follow()
    expect(Math.abs(Number(written(clock, 0) - before))).toBeLessThan(100e6)
    const set = Date.now() + 3_600_000
    vi.spyOn(Date, 'now').mockReturnValue(set)
    clock.follow()
    expect(Number(written(clock, performance.now()) / 1_000_000n) - set).toBeLessThan(100)
  })
})
