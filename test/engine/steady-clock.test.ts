import { describe, expect, it } from 'vitest'
import { steadyMs } from '../../engine/steady-clock.ts'

/** The clock's time, and the times by another one between which that was. */
function read() {
  const [before, at, after] = [performance.now(), steadyMs(), performance.now()]
  return { before, at, after }
}

describe('steadyMs', () => {
  it('goes on by a millisecond in a millisecond, with fractions of it', async () => {
    const began = read()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const ended = read()
    const passed = ended.at - began.at
    // Doubles of this size have less than a ten-thousandth of a millisecond.
    expect(passed).toBeGreaterThan(ended.before - began.after - 0.001)
    expect(passed).toBeLessThan(ended.after - began.before + 0.001)
    expect(Number.isInteger(passed)).toBe(false)
  })
})
