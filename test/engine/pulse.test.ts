import { describe, expect, it } from 'vitest'
import { Pulse, type PulseClock } from '../../engine/pulse.ts'

/** A clock that the test moves: `beat` is the timer that fires, `turn` the end of a turn of the event loop. */
function manualClock(): PulseClock & {
  time: number
  timers: Set<() => void>
  beat(at: number): void
  turn(at?: number): void
} {
  const timers = new Set<() => void>()
  let waiting: (() => void)[] = []
  return {
    time: 0,
    timers,
    now() {
      return this.time
    },
    every(_ms, callback) {
      timers.add(callback)
      return () => timers.delete(callback)
    },
    afterTurn: (callback) => void waiting.push(callback),
    beat(at) {
      this.time = at
      for (const callback of timers) callback()
    },
    turn(at) {
      this.time = at ?? this.time
      for (const callback of waiting.splice(0)) callback()
    },
  }
}

function openPulse(): { clock: ReturnType<typeof manualClock>; pulse: Pulse; looks: [number, number][] } {
  const clock = manualClock()
  const looks: [number, number][] = []
  const pulse = new Pulse(100, (now, heldUpMs) => void looks.push([now, heldUpMs]), { clock })
  pulse.start()
  return { clock, pulse, looks }
}

describe('Pulse', () => {
  it('looks at each beat, and tells how late it is', () => {
    const { clock, looks } = openPulse()
    for (const at of [100, 203, 303]) {
      clock.beat(at)
      clock.turn()
    }
    expect(looks).toEqual([
      [100, 0],
      [203, 3],
      [303, 0],
    ])
  })

  it('gives the event loop a turn before it looks, and counts that too', () => {
    const { clock, looks } = openPulse()
    clock.beat(5100)
    expect(looks).toEqual([])
    clock.turn(5180)
    expect(looks).toEqual([[5180, 5080]])
  })

  it('looks once for beats that come together', () => {
    const { clock, looks } = openPulse()
    clock.beat(1100)
    clock.beat(1200)
    clock.turn(1210)
    clock.turn()
    expect(looks).toEqual([[1210, 1110]])
    clock.beat(1300)
    clock.turn()
    expect(looks[1]).toEqual([1300, 0])
  })

  it('has one timer, however often it is started, and none when it is stopped', () => {
    const { clock, pulse } = openPulse()
    pulse.start()
    expect(clock.timers.size).toBe(1)
    pulse.stop()
    pulse.stop()
    expect(clock.timers.size).toBe(0)
  })

  it('does not look any more once it is stopped', () => {
    const { clock, pulse, looks } = openPulse()
    clock.beat(100)
    pulse.stop()
    clock.turn()
    expect(looks).toEqual([])
  })

  it('begins anew when it is started again', () => {
    const { clock, pulse, looks } = openPulse()
    pulse.stop()
    clock.time = 9000
    pulse.start()
    clock.beat(9100)
    clock.turn()
    expect(looks).toEqual([[9100, 0]])
  })
})
