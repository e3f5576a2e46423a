import { describe, expect, it } from 'vitest'
import type { Distribution } from '../../engine/index.ts'
import { Meter, type MeterInput, type MeterOptions } from '../../pipelines/meter.ts'

/** A meter whose clock and event loop the test turns. */
function meterOf(options: MeterOptions = {}) {
  let now = 1_000
  let deferred: (() => void)[] = []
  let lookCount = 0
  const clock = () => {
    lookCount += 1
    return now
  }
  const meter = new Meter({ ...options, clock, defer: (callback) => deferred.push(callback) })
  const turnOver = (): void => {
    const callbacks = deferred
    deferred = []
    for (const callback of callbacks) callback()
  }
  return {
    meter,
    /** Time passes within a turn of the event loop: something computes. */
    work: (ms: number): void => void (now += ms),
    /** The turn is over, and time passes. */
    pass(ms: number): void {
      turnOver()
      now += ms
    },
    times() {
      const { idleMs, busyMs, blockedMs } = meter.read()
      return { idleMs, busyMs, blockedMs }
    },
    get lookCount() {
      return lookCount
    },
    input: (): MeterInput => meter.addInput(),
  }
}

describe('Meter', () => {
  it('is idle while its only input is pulled, and busy with what that gave', () => {
    const { meter, pass, times, input } = meterOf()
    const a = input()
    meter.pulled(a)
    pass(30)
    meter.answered(a, true)
    pass(5)
    meter.pulled(a)
    pass(10)
    expect(times()).toEqual({ idleMs: 40, busyMs: 5, blockedMs: 0 })
  })

  it('counts for how long an item kept it busy, but for its start, and how many came at a time', () => {
    const { meter, work, pass, input } = meterOf()
    const a = input()
    // Its start is no item's.
    work(50)
    meter.pulled(a)
    pass(30)
    for (const [itemCount, ms] of [
      [4, 8],
      [1, 500],
    ] as const) {
      meter.answered(a, true, itemCount)
      work(ms)
      meter.pulled(a)
      pass(10)
    }
    meter.answered(a, false)
    const counted = ({ bounds, counts, sum }: Distribution) => [
      sum,
      ...counts.flatMap((count, index) => (count === 0 ? [] : [[bounds[index], count]])),
    ]
    expect(counted(meter.handlerMs.distribution)).toEqual([508, [3, 4], [1_000, 1]])
    expect(counted(meter.batchSize.distribution)).toEqual([5, [1, 1], [4, 1]])
  })

  it('does so where it never waits, with one look at the clock a turn', () => {
    const { meter, pass, input, ...test } = meterOf()
    const a = input()
    for (let turn = 0; turn < 10; turn += 1) {
      for (let i = 0; i < 100; i += 1) {
        meter.pulled(a)
        meter.answered(a, true, 1)
      }
      pass(200)
    }
    expect(test.lookCount).toBeLessThanOrEqual(11)
    const { counts, sum } = meter.handlerMs.distribution
    expect(counts.reduce((all, count) => all + count, 0)).toBe(999)
    expect(sum).toBe(1_800)
  })

  it('is blocked while its output waits, whatever is read ahead meanwhile', () => {
    const { meter, pass, times, input } = meterOf()
    const [a, b] = [input(), input()]
    meter.pulled(a)
    meter.answered(a, true)
    meter.pulled(b)
    meter.beginBlocked('stdout')
    pass(7)
    meter.answered(b, true)
    pass(3)
    expect(meter.read()).toMatchObject({ state: 'blocked', stateMs: 10, waitsFor: 'stdout' })
    meter.endBlocked('stdout')
    pass(2)
    expect(times()).toEqual({ idleMs: 0, busyMs: 2, blockedMs: 10 })
  })

  it('is blocked until the last of several waits is over, and a wait ends once only', () => {
    const { meter, pass, times } = meterOf()
    meter.beginBlocked('disk')
    meter.beginBlocked('stdout')
    pass(1)
    meter.endBlocked('disk')
    meter.endBlocked('disk')
    expect(meter.read()).toMatchObject({ state: 'blocked', waitsFor: 'stdout' })
    pass(1)
    meter.endBlocked('stdout')
    pass(1)
    expect(times()).toEqual({ idleMs: 0, busyMs: 1, blockedMs: 2 })
  })

  it('is busy with the batch of one merged input while another, read ahead, has nothing to give', () => {
    const { meter, pass, times, input } = meterOf()
    const [a, b] = [input(), input()]
    meter.pulled(a)
    meter.pulled(b)
    pass(4)
    meter.answered(a, true)
    pass(6)
    meter.pulled(a)
    pass(8)
    expect(times()).toEqual({ idleMs: 12, busyMs: 6, blockedMs: 0 })
  })

  it('is busy with a batch that was read ahead, though the input before it has been pulled again', () => {
    const { meter, pass, times, input } = meterOf()
    const [a, b] = [input(), input()]
    meter.pulled(a)
    meter.pulled(b)
    meter.answered(a, true)
    meter.answered(b, true)
    meter.pulled(a)
    pass(9)
    expect(times()).toEqual({ idleMs: 0, busyMs: 9, blockedMs: 0 })
  })

  it('waits for the one of two separate inputs that is pulled, whatever the other one gave', () => {
    const { meter, pass, times, input } = meterOf({ separateInputs: true })
    const [a, b] = [input(), input()]
    meter.pulled(a)
    meter.answered(a, true)
    pass(2)
    meter.pulled(b)
    pass(5)
    meter.answered(b, true)
    pass(1)
    expect(times()).toEqual({ idleMs: 5, busyMs: 3, blockedMs: 0 })
  })

  it('does not wait for an input that has ended', () => {
    const { meter, pass, times, input } = meterOf()
    const a = input()
    meter.pulled(a)
    meter.answered(a, false)
    pass(5)
    expect(times()).toEqual({ idleMs: 0, busyMs: 5, blockedMs: 0 })
  })

  it('says what a source waits for, though the stage pulls the source for no reason of its own', () => {
    const { meter, pass, input } = meterOf()
    const [a, b] = [input(), input()]
    meter.pulled(b, 'stdin')
    meter.pulled(a)
    pass(1)
    expect(meter.read()).toMatchObject({ state: 'idle', waitsFor: 'stdin' })
    meter.answered(b, true)
    expect(meter.read()).toMatchObject({ state: 'busy', waitsFor: undefined })
  })

  it('takes for work what happens in a turn of the event loop after a wait has begun', () => {
    const { meter, work, pass, times, input } = meterOf()
    const a = input()
    meter.pulled(a)
    work(3)
    pass(10)
    meter.answered(a, true)
    work(2)
    meter.pulled(a)
    work(1)
    pass(20)
    expect(times()).toEqual({ idleMs: 30, busyMs: 6, blockedMs: 0 })
  })

  it('does not look at the clock for waits that are over within a turn, however many', () => {
    const bed = meterOf()
    const { meter, work, pass } = bed
    const a = bed.input()
    const before = bed.lookCount
    for (let i = 0; i < 1_000; i++) {
      meter.pulled(a)
      meter.answered(a, true)
      meter.progressed()
      meter.beginBlocked()
      meter.endBlocked()
      work(1)
    }
    pass(0)
    expect(bed.lookCount).toBe(before)
    expect(bed.times()).toEqual({ idleMs: 0, busyMs: 1_000, blockedMs: 0 })
  })

  it('knows how long ago something went in or out, and since when it is at what it is at', () => {
    const { meter, pass, input } = meterOf()
    const a = input()
    pass(10)
    meter.progressed()
    meter.pulled(a)
    pass(25)
    expect(meter.read()).toMatchObject({ state: 'idle', stateMs: 25, progressAgeMs: 25 })
    pass(5)
    expect(meter.read()).toMatchObject({ stateMs: 30, progressAgeMs: 30 })
  })
})
