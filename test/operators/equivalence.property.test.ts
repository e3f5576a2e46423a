import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batch,
  compileKernel,
  countBy,
  distinct,
  filter,
  flatMap,
  map,
  type Operator,
  pipe,
  reduce,
  type Step,
  StepError,
  scan,
  skip,
  sum,
  take,
  topN,
} from '../../operators/index.ts'
import { collectUntilError } from './collect.ts'

/** A number to work with, whatever earlier steps have made of the items. */
function toNumber(item: unknown): number {
  if (typeof item === 'number') return item
  if (Array.isArray(item)) return item.length
  return (item as { count: number }).count
}

const functions = {
  map: (item: unknown, index: number): number => toNumber(item) * 2 - index,
  filter: (item: unknown, index: number): boolean => (toNumber(item) + index) % 3 !== 0,
  flatMap: (item: unknown, index: number): number[] =>
    Array.from({ length: (toNumber(item) + index) & 3 }, (_, n) => n),
  key: (item: unknown): number => toNumber(item) % 4,
  fold: (total: number, item: unknown, index: number): number => total + toNumber(item) * (index + 1),
}

const count = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 6 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: 'map', fn: functions.map }),
  fc.constant<Step>({ kind: 'filter', fn: functions.filter }),
  fc.constant<Step>({ kind: 'flatMap', fn: functions.flatMap }),
  count(0).map((n): Step => ({ kind: 'take', count: n * 2 })),
  count(0).map((n): Step => ({ kind: 'skip', count: n })),
  fc.constant<Step>({ kind: 'distinct', by: functions.key }),
  fc.constant<Step>({ kind: 'distinct' }),
  count(1).map((n): Step => ({ kind: 'batch', count: n })),
  fc.constant<Step>({ kind: 'scan', fn: functions.fold, initial: 1 }),
  fc.constant<Step>({ kind: 'reduce', fn: functions.fold, initial: 1 }),
  fc.constant<Step>({ kind: 'countBy', by: functions.key }),
  fc.constant<Step>({ kind: 'sum', of: toNumber }),
  count(0).map((n): Step => ({ kind: 'topN', count: n, by: toNumber })),
)
const chains = fc.array(steps, { maxLength: 6 })
const batches = fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 12 }), { maxLength: 5 })

/** The same step in the plainest words there are. */
function onArray(step: Step, items: unknown[]): unknown[] {
  switch (step.kind) {
    case 'map':
      return items.map(step.fn)
    case 'filter':
      return items.filter(step.fn)
    case 'flatMap':
      return items.flatMap((item, index) => [...step.fn(item, index)])
    case 'take':
      return items.slice(0, step.count)
    case 'skip':
      return items.slice(step.count)
    case 'distinct': {
      const keys = items.map(step.by ?? ((item) => item))
      return items.filter((_, index) => keys.indexOf(keys[index]) === index)
    }
    case 'batch':
      return Array.from({ length: Math.ceil(items.length / step.count) }, (_, n) =>
        items.slice(n * step.count, (n + 1) * step.count),
      )
    case 'scan':
      return items.map((_, last) => items.slice(0, last + 1).reduce(step.fn, step.initial))
    case 'reduce':
      return [items.reduce(step.fn, step.initial)]
    case 'countBy':
      return Array.from(Map.groupBy(items, step.by), ([key, group]) => ({ key, count: group.length }))
    case 'sum':
      return [items.reduce((total: number, item) => total + (step.of ?? Number)(item), 0)]
    case 'topN': {
      const rank = step.by ?? Number
      return items.toSorted((a, b) => Number(rank(b)) - Number(rank(a))).slice(0, step.count)
    }
  }
}

function asOperator(step: Step): Operator<any, any> {
  switch (step.kind) {
    case 'map':
      return map(step.fn)
    case 'filter':
      return filter(step.fn)
    case 'flatMap':
      return flatMap(step.fn)
    case 'take':
      return take(step.count)
    case 'skip':
      return skip(step.count)
    case 'distinct':
      return distinct(step.by)
    case 'batch':
      return batch(step.count)
    case 'scan':
      return scan(step.fn, step.initial)
    case 'reduce':
      return reduce(step.fn, step.initial)
    case 'countBy':
      return countBy(step.by)
    case 'sum':
      return step.of ? sum(step.of) : sum()
    case 'topN':
      return step.by ? topN(step.count, step.by) : topN<any>(step.count)
  }
}

function throughKernel(chain: Step[], input: unknown[][]): { items: unknown[]; error: unknown } {
  const kernel = compileKernel(chain)
  const items: unknown[] = []
  try {
    for (const part of input) items.push(...kernel.push(part))
    items.push(...kernel.finish())
    return { items, error: undefined }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return { items: [...items, ...error.emitted], error: error.cause }
  }
}

/** The same step, whose function fails when it is called for the `n`th time. A new one for each run, for it counts. */
function failingAt(step: Step, n: number): Step {
  let callCount = 0
  const failing =
    <Args extends unknown[], R>(fn: (...args: Args) => R) =>
    (...args: Args): R => {
      if (++callCount === n) throw new Error(`call ${n}`)
      return fn(...args)
    }
  const failingStep: Record<string, unknown> = { ...step }
  for (const name of ['fn', 'by', 'of']) {
    const fn = failingStep[name]
    if (typeof fn === 'function') failingStep[name] = failing(fn as () => unknown)
  }
  return failingStep as Step
}

describe('a kernel, the operators and plain arrays', () => {
  it('give the same, however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(chains, batches, async (chain, input) => {
        const expected = chain.reduce((items: unknown[], step) => onArray(step, items), input.flat())
        expect(throughKernel(chain, input).items).toEqual(expected)
        const operators = chain.map(asOperator)
        expect((await collectUntilError(pipe(input.flat(), ...operators))).items).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('put out the same before the same error', async () => {
    await fc.assert(
      fc.asyncProperty(chains, batches, fc.nat(5), fc.integer({ min: 1, max: 12 }), async (chain, input, at, n) => {
        const withFailure = (): Step[] => chain.map((step, k) => (k === at ? failingAt(step, n) : step))
        const operators = withFailure().map(asOperator)
        const expected = await collectUntilError(pipe(input.flat(), ...operators))
        expect(throughKernel(withFailure(), input)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('keep count across batches: one item at a time gives what one batch gives', () => {
    fc.assert(
      fc.property(chains, batches, (chain, input) => {
        const items = input.flat()
        const single = throughKernel(
          chain,
          items.map((item) => [item]),
        )
        expect(single).toEqual(throughKernel(chain, [items]))
      }),
    )
  })
})
