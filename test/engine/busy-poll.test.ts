import { describe, expect, it } from 'vitest'
import { BusyPoll, type BusyPollLoop, checkBusyPoll } from '../../engine/busy-poll.ts'
import { UsageError } from '../../engine/errors.ts'

/** An event loop that the test turns. */
function manualLoop() {
  let nowUs = 0
  let waiting: (() => void)[] = []
  const loop: BusyPollLoop = { now: () => nowUs / 1000, afterPoll: (callback) => void waiting.push(callback) }
  return {
    loop,
    /** Whether it would sleep now. */
    get sleeps() {
      return waiting.length === 0
    },
    get waitingCount() {
      return waiting.length
    },
    turn(afterUs: number) {
      nowUs += afterUs
      for (const callback of waiting.splice(0)) callback()
    },
    /** Turns until it would sleep; how often. */
    turnOut(everyUs = 10): number {
      let turns = 0
      for (; waiting.length > 0; turns += 1) this.turn(everyUs)
      return turns
    },
  }
}

function open(limitUs = 100) {
  const turning = manualLoop()
  const poll = new BusyPoll(limitUs, turning.loop)
  // The first few waits are slept through.
  const passFirst = () => {
    for (let sent = 0; sent < 8; sent += 1) poll.sent(100)
  }
  /** How many waits are slept through before the next in which the loop stays awake. */
  const passed = () => {
    let count = 0
    for (poll.sent(100); turning.sleeps; poll.sent(100)) count += 1
    return count
  }
  return { turning, poll, passFirst, passed }
}

describe('BusyPoll', () => {
  it('sleeps through the first waits of a channel: most say no more than that', () => {
    expect(open().passed()).toBe(8)
  })

  it('keeps the loop awake for so long after something was sent', () => {
    const { turning, poll, passFirst } = open(100)
    passFirst()
    poll.sent(100)
    expect(turning.turnOut(10)).toBe(10)
  })

  it('lets the loop sleep once the peer is heard', () => {
    const { turning, poll, passFirst } = open()
    passFirst()
    poll.sent(100)
    turning.turn(10)
    poll.heard(100)
    expect(turning.turnOut()).toBe(1)
  })

  it('waits on from the last thing that was sent', () => {
    const { turning, poll, passFirst } = open(100)
    passFirst()
    poll.sent(100)
    turning.turn(90)
    poll.sent(100)
    turning.turn(90)
    expect(turning.sleeps).toBe(false)
    turning.turn(20)
    expect(turning.sleeps).toBe(true)
  })

  it('asks for one turn at a time, however much is sent', () => {
    const { turning, poll, passFirst } = open()
    passFirst()
    for (let sent = 0; sent < 5; sent += 1) poll.sent(100)
    expect(turning.waitingCount).toBe(1)
  })

  it('sleeps through twice as many waits after each that came to nothing, up to a limit', () => {
    const { turning, passFirst, passed } = open()
    passFirst()
    const slept: number[] = []
    for (let failure = 0; failure < 13; failure += 1) {
      slept.push(passed())
      turning.turnOut()
    }
    expect(slept).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024])
  })

  it('begins again with one once a peer has answered in time', () => {
    const { turning, poll, passFirst, passed } = open()
    passFirst()
    for (let failure = 0; failure < 5; failure += 1) {
      passed()
      turning.turnOut()
    }
    passed()
    poll.heard(100)
    turning.turnOut()
    expect(passed()).toBe(0)
    turning.turnOut()
    expect(passed()).toBe(1)
  })

  it('takes what comes after it has given up for no success', () => {
    const { turning, poll, passFirst, passed } = open()
    passFirst()
    poll.sent(100)
    turning.turnOut()
    poll.heard(100)
    expect(passed()).toBe(1)
    turning.turnOut()
    poll.heard(100)
    expect(passed()).toBe(2)
  })

  it('is not for what flows, in whichever direction', () => {
    const { turning, poll, passFirst } = open()
    passFirst()
    poll.sent(5_000)
    expect(turning.sleeps).toBe(true)
    poll.heard(64 * 1024)
    poll.sent(100)
    expect(turning.sleeps).toBe(true)
    poll.heard(100)
    poll.sent(100)
    expect(turning.sleeps).toBe(false)
  })

  it('never keeps the loop awake with a limit of 0', () => {
    const { turning, poll } = open(0)
    for (let sent = 0; sent < 100; sent += 1) poll.sent(100)
    expect(turning.sleeps).toBe(true)
  })
})

describe('checkBusyPoll', () => {
  it.each([0, 0.5, 100, 1000])('takes %s microseconds', (us) => {
    expect(() => checkBusyPoll(us)).not.toThrow()
  })

  it.each([-1, 1001, Number.NaN, Infinity, '100' as unknown as number])('refuses %s', (us) => {
    expect(() => checkBusyPoll(us)).toThrow(UsageError)
    expect(() => checkBusyPoll(us)).toThrow(
      `busyPollUs must be a number of microseconds from 0 (never) to 1000, not ${us}`,
    )
  })
})
