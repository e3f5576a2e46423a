import { describe, expect, it } from 'vitest'
import { Meter, type MeterOptions } from '../../pipelines/meter.ts'

/** A meter whose clock the test turns. */
function meterOf(options: MeterOptions = {}) {
  let now = 1_000
  const meter = new Meter({ ...options, clock: () => now })
  const pass = (ms: number): void => {
    now += ms
  }
  const times = () => {
    const { idleMs, busyMs, blockedMs } = meter.read()
    return { idleMs, busyMs, blockedMs }
  }
  return { meter, pass, times }
}

const [a, b] = [{ name: 'a' }, { name: 'b' }]

describe('Meter', () => {
  it('is idle while its only input is pulled, and busy with what that gave', () => {
    const { meter, pass, times } = meterOf()
    meter.pulled(a)
    pass(30)
    meter.answered(a, true)
    pass(5)
    meter.pulled(a)
    pass(10)
    expect(times()).toEqual({ idleMs: 40, busyMs: 5, blockedMs: 0 })
  })

  it('is blocked while its output waits, whatever is read ahead meanwhile', () => {
    const { meter, pass, times } = meterOf()
    meter.pulled(a)
    meter.answered(a, true)
    meter.pulled(b)
    const endWait = meter.beginBlocked('stdout')
    pass(7)
    meter.answered(b, true)
    pass(3)
    expect(meter.read()).toMatchObject({ state: 'blocked', stateMs: 10, waitsFor: 'stdout' })
    endWait()
    pass(2)
    expect(times()).toEqual({ idleMs: 0, busyMs: 2, blockedMs: 10 })
  })

  it('is blocked until the last of several waits is over, and a wait ends once', () => {
    const { meter, pass, times } = meterOf()
    const [first, second] = [meter.beginBlocked('disk'), meter.beginBlocked('stdout')]
    pass(1)
    first()
    first()
    expect(meter.read()).toMatchObject({ state: 'blocked', waitsFor: 'stdout' })
    pass(1)
    second()
    pass(1)
    expect(times()).toEqual({ idleMs: 0, busyMs: 1, blockedMs: 2 })
  })

  it('is busy with the batch of one merged input while another, read ahead, has nothing to give', () => {
    const { meter, pass, times } = meterOf()
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
    const { meter, pass, times } = meterOf()
    meter.pulled(a)
    meter.pulled(b)
    meter.answered(a, true)
    meter.answered(b, true)
    meter.pulled(a)
    pass(9)
    expect(times()).toEqual({ idleMs: 0, busyMs: 9, blockedMs: 0 })
  })

  it('waits for the one of two separate inputs that is pulled, whatever the other one gave', () => {
    const { meter, pass, times } = meterOf({ separateInputs: true })
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
    const { meter, pass, times } = meterOf()
    meter.pulled(a)
    meter.answered(a, false)
    pass(5)
    expect(times()).toEqual({ idleMs: 0, busyMs: 5, blockedMs: 0 })
  })

  it('says what a source waits for, though the stage pulls the source for no reason of its own', () => {
    const { meter } = meterOf()
    meter.pulled(b, 'stdin')
    meter.pulled(a)
    expect(meter.read()).toMatchObject({ state: 'idle', waitsFor: 'stdin' })
    meter.answered(b, true)
    expect(meter.read()).toMatchObject({ state: 'busy', waitsFor: undefined })
  })

  it('knows how long ago something went in or out, and since when it is at what it is at', () => {
    const { meter, pass } = meterOf()
    pass(10)
    meter.progressed()
    meter.pulled(a)
    pass(25)
    expect(meter.read()).toMatchObject({ state: 'idle', stateMs: 25, progressAgeMs: 25 })
    pass(5)
    expect(meter.read()).toMatchObject({ stateMs: 30, progressAgeMs: 30 })
  })
})
