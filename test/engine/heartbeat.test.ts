import { describe, expect, it } from 'vitest'
import { UsageError } from '../../engine/errors.ts'
import { Heartbeat } from '../../engine/heartbeat.ts'

const options = { intervalMs: 100, limitMs: 400 }

/** Ticks every 50 ms from `from` on, sends the pings that are asked for, and tells what was decided when. */
function tickUntil(heartbeat: Heartbeat, from: number, to: number): [number, string][] {
  const decided: [number, string][] = []
  for (let now = from; now <= to; now += 50) {
    const verdict = heartbeat.tick(now, 0)
    if (verdict !== 'quiet') decided.push([now, verdict])
    if (verdict === 'ping') heartbeat.ping(now)
    if (verdict === 'dead') break
  }
  return decided
}

describe('Heartbeat', () => {
  it('asks a peer that was silent for the interval, and gives it up after the limit', () => {
    expect(tickUntil(new Heartbeat(options, 1000), 1050, 9000)).toEqual([
      [1100, 'ping'],
      [1400, 'dead'],
    ])
  })

  it('takes any bytes as a sign of life', () => {
    const heartbeat = new Heartbeat(options, 0)
    for (let now = 0; now < 1000; now += 50) {
      heartbeat.heard()
      expect(heartbeat.tick(now, 0)).toBe('quiet')
    }
  })

  it('asks once, and again only after the answer', () => {
    const heartbeat = new Heartbeat(options, 0)
    expect(tickUntil(heartbeat, 50, 350)).toEqual([[100, 'ping']])
    heartbeat.heard()
    heartbeat.pong(1, 360)
    expect(tickUntil(heartbeat, 400, 700)).toEqual([[500, 'ping']])
  })

  it('gives up a peer that talks, does not answer and falls silent', () => {
    const heartbeat = new Heartbeat(options, 0)
    tickUntil(heartbeat, 50, 300)
    heartbeat.heard()
    expect(tickUntil(heartbeat, 350, 900)).toEqual([[750, 'dead']])
  })

  it('never gives up a peer that was not asked', () => {
    const heartbeat = new Heartbeat(options, 0)
    expect(heartbeat.tick(10_000, 0)).toBe('ping')
  })

  it('does not blame the peer for the time in which this side was held up', () => {
    const heartbeat = new Heartbeat(options, 0)
    tickUntil(heartbeat, 50, 300)
    expect(heartbeat.tick(5300, 4950)).toBe('quiet')
    expect(heartbeat.tick(5349, 0)).toBe('quiet')
    expect(heartbeat.tick(5350, 1)).toBe('quiet')
    expect(heartbeat.tick(5351, 0)).toBe('dead')
  })

  it('gives no more time back than has passed since the peer was heard', () => {
    const heartbeat = new Heartbeat(options, 0)
    heartbeat.heard()
    expect(heartbeat.tick(4990, 0)).toBe('quiet')
    expect(heartbeat.tick(5000, 4950)).toBe('quiet')
    expect(tickUntil(heartbeat, 5050, 9000)).toEqual([
      [5100, 'ping'],
      [5400, 'dead'],
    ])
  })

  it('takes what was heard since the last look as heard now', () => {
    const heartbeat = new Heartbeat(options, 0)
    heartbeat.heard()
    expect(heartbeat.tick(90, 0)).toBe('quiet')
    expect(tickUntil(heartbeat, 140, 9000)).toEqual([
      [190, 'ping'],
      [490, 'dead'],
    ])
  })

  it('measures from the ping to its answer', () => {
    const heartbeat = new Heartbeat(options, 0)
    expect([heartbeat.roundTripMs, heartbeat.smoothedRoundTripMs]).toEqual([undefined, undefined])
    heartbeat.pong(heartbeat.ping(100), 108)
    expect([heartbeat.roundTripMs, heartbeat.smoothedRoundTripMs]).toEqual([8, 8])
    heartbeat.pong(heartbeat.ping(200), 216)
    expect([heartbeat.roundTripMs, heartbeat.smoothedRoundTripMs]).toEqual([16, 9])
  })

  it('passes over answers that it does not wait for', () => {
    const heartbeat = new Heartbeat(options, 0)
    heartbeat.pong(0, 10)
    const number = heartbeat.ping(100)
    heartbeat.pong(number + 1, 110)
    expect(heartbeat.roundTripMs).toBeUndefined()
    heartbeat.pong(number, 120)
    heartbeat.pong(number, 190)
    expect(heartbeat.roundTripMs).toBe(20)
  })

  it('numbers its pings', () => {
    const heartbeat = new Heartbeat(options, 0)
    expect([heartbeat.ping(1), heartbeat.ping(2)]).toEqual([1, 2])
  })

  it.each([
    [0, 100],
    [100, 100],
    [100, 50],
    [NaN, 100],
    [100, NaN],
  ])('refuses an interval of %d and a limit of %d', (intervalMs, limitMs) => {
    expect(() => new Heartbeat({ intervalMs, limitMs }, 0)).toThrow(UsageError)
  })

  it('never gives up with a limit that is infinite', () => {
    expect(tickUntil(new Heartbeat({ intervalMs: 100, limitMs: Infinity }, 0), 50, 1e6)).toEqual([[100, 'ping']])
    expect(tickUntil(new Heartbeat({ intervalMs: Infinity, limitMs: Infinity }, 0), 50, 1e6)).toEqual([])
  })
})
