import { describe, expectTypeOf, it } from 'vitest'
import { currentSignal, failAfter, moveOnAfter, shield, sleep } from '../../index.ts'

describe('moveOnAfter', () => {
  it('has a value only if it was not cancelled', async () => {
    const moved = await moveOnAfter(5, async () => 'done')
    expectTypeOf(moved.value).toEqualTypeOf<string | undefined>()
    expectTypeOf(moved.cancelled).toEqualTypeOf<boolean>()
    if (moved.cancelled) expectTypeOf(moved.value).toEqualTypeOf<undefined>()
    else expectTypeOf(moved.value).toEqualTypeOf<string>()
  })

  it('takes functions that return at once', async () => {
    expectTypeOf(moveOnAfter(5, () => 5)).toEqualTypeOf<
      Promise<{ cancelled: false; value: number } | { cancelled: true; value?: undefined }>
    >()
    const nothing = await moveOnAfter(5, () => {})
    if (!nothing.cancelled) expectTypeOf(nothing.value).toEqualTypeOf<void>()
  })
})

describe('failAfter and shield', () => {
  it('resolve to what their function returns', () => {
    expectTypeOf(failAfter(5, () => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(failAfter(5, async () => 'five')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(shield(() => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(shield(async () => {})).toEqualTypeOf<Promise<void>>()
    expectTypeOf(failAfter(5, (): never => process.exit())).toEqualTypeOf<Promise<never>>()
  })
})

describe('A scope', () => {
  it('takes a time and a function, in this order', () => {
    // @ts-expect-error -- the time comes first
    void moveOnAfter(() => 5, 5)
    // @ts-expect-error -- milliseconds are a number
    void failAfter('5s', () => 5)
    // @ts-expect-error -- the function is missing
    void failAfter(5)
    // @ts-expect-error -- a promise runs already, outside of the scope
    void failAfter(5, sleep(10))
    // @ts-expect-error -- the same
    void shield(sleep(10))
    // @ts-expect-error -- nobody gives it a number
    void shield((n: number) => n)
  })

  it('has a signal, and waits', () => {
    expectTypeOf(currentSignal()).toEqualTypeOf<AbortSignal>()
    expectTypeOf(sleep(5)).toEqualTypeOf<Promise<void>>()
  })
})
