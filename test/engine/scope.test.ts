import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeadlineExceededError } from '../../engine/errors.ts'
import {
  ambientScope,
  currentSignal,
  failAfter,
  interruptible,
  isCancellationOf,
  moveOnAfter,
  runInScope,
  Scope,
  shield,
  sleep,
} from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'

const reason = new Error('enough')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  const left = vi.getTimerCount()
  vi.useRealTimers()
  if (left > 0) throw new Error(`${left} timers are left`)
})

describe('Scope', () => {
  it('keeps the first reason', () => {
    const scope = new Scope(undefined)
    expect(scope.reason).toBeUndefined()
    scope.throwIfCancelled()
    scope.cancel(reason)
    scope.cancel(new Error('later'))
    expect(scope.reason).toBe(reason)
    expect(() => scope.throwIfCancelled()).toThrow(reason)
    expect(isCancellationOf(scope, reason)).toBe(true)
    expect(isCancellationOf(scope, new Error('enough'))).toBe(false)
  })

  it('cancels the scopes below it, and not the one above', () => {
    const parent = new Scope('actor')
    const child = new Scope('actor', parent)
    const grandchild = new Scope('actor', child)
    child.cancel(reason)
    expect(grandchild.reason).toBe(reason)
    expect(parent.reason).toBeUndefined()
  })

  it('is cancelled from the start below a cancelled one', () => {
    const parent = new Scope(undefined)
    parent.cancel(reason)
    expect(new Scope(undefined, parent).reason).toBe(reason)
    expect(new Scope(undefined, parent, { shield: true }).reason).toBeUndefined()
  })

  it('is out of reach once it is closed', () => {
    const parent = new Scope(undefined)
    const child = new Scope(undefined, parent)
    child.close()
    parent.cancel(reason)
    expect(child.reason).toBeUndefined()
  })

  it('calls back once, at once if it is late', () => {
    const scope = new Scope(undefined)
    const early = vi.fn<(reason: Error) => void>()
    const undone = vi.fn<(reason: Error) => void>()
    scope.onCancel(early)
    scope.onCancel(undone)
    scope.offCancel(undone)
    scope.cancel(reason)
    const late = vi.fn<(reason: Error) => void>()
    scope.onCancel(late)
    expect(early).toHaveBeenCalledExactlyOnceWith(reason)
    expect(late).toHaveBeenCalledExactlyOnceWith(reason)
    expect(undone).not.toHaveBeenCalled()
  })

  it('calls back all who listen and have not let go', () => {
    for (const left of [0, 1, 2]) {
      const scope = new Scope(undefined)
      const called: number[] = []
      const listeners = [0, 1, 2].map((i) => () => void called.push(i))
      for (const listener of listeners) scope.onCancel(listener)
      scope.offCancel(listeners[left] as () => void)
      expect(scope.listenerCount).toBe(2)
      scope.cancel(new Error('over'))
      expect(called).toEqual([0, 1, 2].filter((i) => i !== left))
    }
  })

  it('has a signal with its reason, whenever it is asked for', () => {
    const scope = new Scope(undefined)
    const { signal } = scope
    expect(signal.aborted).toBe(false)
    expect(scope.signal).toBe(signal)
    scope.cancel(reason)
    expect(signal.reason).toBe(reason)
    const other = new Scope(undefined)
    other.cancel(reason)
    expect(other.signal.reason).toBe(reason)
  })

  it('has the nearest deadline of those around it', () => {
    const outer = new Scope(undefined, undefined, { deadlineAt: 100 })
    expect(new Scope(undefined).deadlineAt).toBe(Infinity)
    expect(new Scope(undefined, outer).deadlineAt).toBe(100)
    expect(new Scope(undefined, outer, { deadlineAt: 50 }).deadlineAt).toBe(50)
    expect(new Scope(undefined, outer, { deadlineAt: 500 }).deadlineAt).toBe(100)
    expect(new Scope(undefined, outer, { shield: true }).deadlineAt).toBe(Infinity)
  })
})

describe('currentSignal', () => {
  it('is that of the task, across its waits', async () => {
    const scope = new Scope(undefined)
    await runInScope(scope, async () => {
      await Promise.resolve()
      expect(ambientScope()).toBe(scope)
      expect(currentSignal()).toBe(scope.signal)
    })
  })

  it('never fires outside of any scope', () => {
    expect(ambientScope()).toBeUndefined()
    expect(currentSignal().aborted).toBe(false)
  })
})

describe('sleep', () => {
  it('waits that long', async () => {
    const slept = vi.fn<() => void>()
    const sleeping = sleep(1000).then(slept)
    await vi.advanceTimersByTimeAsync(999)
    expect(slept).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(slept).toHaveBeenCalledOnce()
    await sleeping
  })

  it('is interrupted by the cancellation of its scope', async () => {
    const scope = new Scope(undefined)
    const sleeping = errorOf(runInScope(scope, () => sleep(1000)))
    scope.cancel(reason)
    expect(await sleeping).toBe(reason)
  })

  it('does not begin in a cancelled scope', async () => {
    const scope = new Scope(undefined)
    scope.cancel(reason)
    expect(await errorOf(runInScope(scope, () => sleep(0)))).toBe(reason)
  })

  it('waits for ever when asked to, and longer than a timer of the platform can', async () => {
    const scope = new Scope(undefined)
    const slept = vi.fn<() => void>()
    const forever = runInScope(scope, () => sleep(Infinity))
    const ninetyDays = 90 * 24 * 3_600_000
    const months = sleep(ninetyDays).then(slept)
    await vi.advanceTimersByTimeAsync(ninetyDays - 1)
    expect(slept).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(slept).toHaveBeenCalledOnce()
    await months
    scope.cancel(reason)
    expect(await errorOf(forever)).toBe(reason)
  })
})

describe('interruptible', () => {
  it('passes on what the promise gives', async () => {
    const scope = new Scope(undefined)
    expect(await interruptible(Promise.resolve(5), scope)).toBe(5)
    expect(await errorOf(interruptible(Promise.reject(reason), scope))).toBe(reason)
    expect(await interruptible(Promise.resolve(6))).toBe(6)
  })

  it('does not wait past the cancellation', async () => {
    const scope = new Scope(undefined)
    const waiting = errorOf(interruptible(new Promise(() => undefined), scope))
    scope.cancel(reason)
    expect(await waiting).toBe(reason)
  })
})

describe('moveOnAfter', () => {
  it('gives the value of what ends in time', async () => {
    expect(await moveOnAfter(1000, () => 'done')).toEqual({ cancelled: false, value: 'done' })
  })

  it('moves on when the time is over', async () => {
    const moved = moveOnAfter(1000, () => sleep(5000))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await moved).toEqual({ cancelled: true })
  })

  it('runs the finally of what it interrupts first', async () => {
    const steps: string[] = []
    const moved = moveOnAfter(1000, async () => {
      try {
        await sleep(5000)
      } finally {
        steps.push('finally')
      }
    })
    await vi.advanceTimersByTimeAsync(1000)
    await moved
    expect(steps).toEqual(['finally'])
  })

  it('gives the value of what ends well in spite of the interruption', async () => {
    const moved = moveOnAfter(1000, () => sleep(5000).catch(() => 'caught'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await moved).toEqual({ cancelled: false, value: 'caught' })
  })

  it('throws what fails inside', async () => {
    const failure = new Error('inside')
    expect(await errorOf(moveOnAfter(1000, () => Promise.reject(failure)))).toBe(failure)
    expect(
      await errorOf(
        moveOnAfter(1000, () => {
          throw failure
        }),
      ),
    ).toBe(failure)
  })

  it('never moves on after Infinity', async () => {
    const moved = moveOnAfter(Infinity, () => sleep(1000))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await moved).toEqual({ cancelled: false, value: undefined })
  })

  it('does not swallow the cancellation of the scope around it', async () => {
    const scope = new Scope(undefined)
    const inner = errorOf(runInScope(scope, () => moveOnAfter(1000, () => sleep(5000))))
    scope.cancel(reason)
    expect(await inner).toBe(reason)
  })

  it('ends only itself when it is inside another', async () => {
    const steps: string[] = []
    const outer = moveOnAfter(3000, async () => {
      const inner = await moveOnAfter(1000, () => sleep(5000))
      steps.push(`inner ${inner.cancelled}`)
      await sleep(5000)
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(steps).toEqual(['inner true'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(await outer).toEqual({ cancelled: true })
  })

  it('is ended by a nearer one around it', async () => {
    const after = vi.fn<() => void>()
    const outer = moveOnAfter(1000, async () => {
      await moveOnAfter(3000, () => sleep(5000))
      after()
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(await outer).toEqual({ cancelled: true })
    expect(after).not.toHaveBeenCalled()
  })
})

describe('failAfter', () => {
  it('gives the value of what ends in time', async () => {
    expect(await failAfter(1000, async () => 'done')).toBe('done')
  })

  it('throws when the time is over, with the limit', async () => {
    const failed = errorOf(failAfter(1000, () => sleep(5000)))
    await vi.advanceTimersByTimeAsync(1000)
    const error = await failed
    expect(error).toBeInstanceOf(DeadlineExceededError)
    expect(error).toMatchObject({ limitMs: 1000, message: 'not done within 1000 ms' })
  })

  it('says its own limit to a moveOnAfter around it', async () => {
    const failed = errorOf(moveOnAfter(3000, () => failAfter(1000, () => sleep(5000))))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await failed).toMatchObject({ limitMs: 1000 })
  })
})

describe('shield', () => {
  it('keeps cancellation and deadline out', async () => {
    const scope = new Scope('actor', undefined, { deadlineAt: 100 })
    scope.cancel(reason)
    await runInScope(scope, async () => {
      const cleaned = shield(async () => {
        expect(ambientScope()).toMatchObject({ owner: 'actor', deadlineAt: Infinity, reason: undefined })
        await sleep(1000)
        return 'clean'
      })
      await vi.advanceTimersByTimeAsync(1000)
      expect(await cleaned).toBe('clean')
      expect(currentSignal().reason).toBe(reason)
    })
  })

  it('lets limits inside it work', async () => {
    const limited = shield(() => moveOnAfter(1000, () => sleep(5000)))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await limited).toEqual({ cancelled: true })
  })
})
