import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../engine/errors.ts'
import { checkPrewarm } from '../../../engine/process/warm-processes.ts'

describe('A number of processes that wait', () => {
  it.for([0, 1, 256])('may be %d', (count) => {
    expect(() => checkPrewarm(count)).not.toThrow()
  })

  it.for([-1, 1.5, NaN, 257, Infinity, '2' as unknown as number])('is refused with its name: %s', (count) => {
    expect(() => checkPrewarm(count)).toThrow(UsageError)
    expect(() => checkPrewarm(count)).toThrow(`prewarm must be a whole number from 0 to 256, not ${count}`)
  })
})
