import { describe, expect, it } from 'vitest'
import { WakingClock } from '../../pipelines/waking-clock.ts'

describe('WakingClock', () => {
  it('stands still while nobody could look at it', () => {
    let ms = 100
    const clock = new WakingClock(() => ms)
    const looks = [100, 300, 1_300, 26_300, 26_500].map((now) => {
      ms = now
      return clock.now()
    })
    expect(looks).toEqual([100, 300, 1_300, 1_300, 1_500])
    expect(clock.awayMs).toBe(25_000)
  })
})
