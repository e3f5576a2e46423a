import { describe, expect, it } from 'vitest'
import { RestartBudget, resolveSupervision, type SupervisionOptions } from '../../engine/supervision.ts'

describe('The supervision of a nursery', () => {
  const resolved = (options: SupervisionOptions) => {
    const { strategy, restart } = resolveSupervision(options)
    return { strategy, restart }
  }

  it('cancels all and starts nobody again unless its options say otherwise', () => {
    expect(resolved({})).toEqual({ strategy: 'one-cancels-all', restart: 'never' })
  })

  it.for(['on-failure', 'always'] as const)('is one-for-one where only restart is given (%s)', (restart) => {
    expect(resolved({ restart })).toEqual({ strategy: 'one-for-one', restart })
  })

  it.for(['one-for-one', 'one-for-all', 'rest-for-one'] as const)('has %s start nobody again by itself', (strategy) => {
    expect(resolved({ strategy })).toEqual({ strategy, restart: 'never' })
  })

  it('is as it is named', () => {
    expect(resolved({ strategy: 'rest-for-one', restart: 'always' })).toEqual({
      strategy: 'rest-for-one',
      restart: 'always',
    })
  })

  it('refuses a restart that its strategy would never come to', () => {
    const contradiction = { strategy: 'one-cancels-all', restart: 'on-failure' } as const
    expect(() => resolveSupervision(contradiction)).toThrow(
      expect.objectContaining({ code: 'FLOW_USAGE', message: expect.stringContaining("name 'one-for-one'") }),
    )
  })

  it.for([
    [{ strategy: 'one-for-two' }, 'strategy must be one of one-cancels-all, one-for-one'],
    [{ restart: 'sometimes' }, 'restart must be one of never, on-failure, always'],
    [{ maxRestarts: -1 }, 'maxRestarts must be a number from 0 up, not -1'],
    [{ maxRestarts: Number.NaN }, 'maxRestarts must be a number from 0 up, not NaN'],
    [{ maxRestarts: '3' }, 'maxRestarts must be a number'],
    [{ withinMs: 0 }, 'withinMs must be a number from 1 up, not 0'],
    [{ backoff: { initialMs: -5 } }, 'backoff.initialMs must be a number from 0 up, not -5'],
    [{ backoff: { factor: 0.5 } }, 'backoff.factor must be a number from 1 up, not 0.5'],
    [{ backoff: { maxMs: Number.NaN } }, 'backoff.maxMs must be a number from 0 up, not NaN'],
  ] as const)('refuses %j and says what would do', ([options, message]) => {
    expect(() => resolveSupervision(options as SupervisionOptions)).toThrow(
      expect.objectContaining({ code: 'FLOW_USAGE', message: expect.stringContaining(message) }),
    )
  })
})

describe('A budget of restarts', () => {
  const takeAll = (budget: RestartBudget, ...times: number[]) => times.map((nowMs) => budget.take(nowMs))

  it('allows five within a minute, each after twice the wait of the one before', () => {
    expect(takeAll(new RestartBudget(), 0, 1, 2, 3, 4, 5)).toEqual([50, 100, 200, 400, 800, undefined])
  })

  it('has room again when the first restart is long enough ago, and waits less again', () => {
    const budget = new RestartBudget({ maxRestarts: 2, withinMs: 100 })
    expect(takeAll(budget, 0, 50, 99, 100, 101, 1_000)).toEqual([50, 100, undefined, 100, undefined, 50])
  })

  it('is not charged for what it refuses', () => {
    const budget = new RestartBudget({ maxRestarts: 1, withinMs: 100 })
    expect(takeAll(budget, 0, 10, 20, 90, 100)).toEqual([50, undefined, undefined, undefined, 50])
  })

  it('waits no longer than maxMs', () => {
    const budget = new RestartBudget({ backoff: { initialMs: 10, factor: 10, maxMs: 150 } })
    expect(takeAll(budget, 0, 1, 2, 3)).toEqual([10, 100, 150, 150])
  })

  it('of none refuses the first', () => {
    expect(new RestartBudget({ maxRestarts: 0 }).take(0)).toBeUndefined()
  })

  it('without any wait has none, after however many restarts', () => {
    const budget = new RestartBudget({ maxRestarts: 5_000, backoff: { initialMs: 0 } })
    expect(new Set(takeAll(budget, ...Array.from({ length: 5_000 }, (_, n) => n)))).toEqual(new Set([0]))
  })
})
