import { describe, expect, it } from 'vitest'
import { compileKernel, type Step, StepError } from '../../operators/index.ts'

function run(steps: Step[], ...batches: unknown[][]): unknown[][] {
  const kernel = compileKernel(steps)
  return [...batches.map((batch) => kernel.push(batch)), kernel.finish()]
}

function stepErrorOf(call: () => unknown): StepError {
  try {
    call()
  } catch (error) {
    if (error instanceof StepError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('compileKernel', () => {
  it('passes everything through when there are no steps', () => {
    expect(run([], [1, 2], [3])).toEqual([[1, 2], [3], []])
  })

  it('numbers the items of each step across batches', () => {
    const steps: Step[] = [
      { kind: 'filter', fn: (_, index) => index % 2 === 0 },
      { kind: 'map', fn: (item, index) => `${index}${item}` },
    ]
    expect(run(steps, ['a', 'b', 'c'], ['d', 'e'])).toEqual([['0a', '1c'], ['2e'], []])
  })

  it('runs nested flatMaps', () => {
    const steps: Step[] = [
      { kind: 'flatMap', fn: (n: number) => [n, n * 10] },
      { kind: 'flatMap', fn: (n: number) => new Set([n, -n]) },
      { kind: 'filter', fn: (n) => n !== -1 },
    ]
    expect(run(steps, [1], [2])).toEqual([[1, 10, -10], [2, -2, 20, -20], []])
  })

  it('holds what ends late until finish', () => {
    expect(run([{ kind: 'batch', count: 2 }], [1], [2, 3])).toEqual([[], [[1, 2]], [[3]]])
    expect(run([{ kind: 'sum' }], [1, 2], [3])).toEqual([[], [], [6]])
    expect(run([{ kind: 'countBy', by: (item) => item }], ['b', 'a'], ['b'])).toEqual([
      [],
      [],
      [
        { key: 'b', count: 2 },
        { key: 'a', count: 1 },
      ],
    ])
  })

  it('puts what a step held through the steps after it', () => {
    const steps: Step[] = [
      { kind: 'batch', count: 2 },
      { kind: 'map', fn: (group) => group.length },
      { kind: 'sum' },
      { kind: 'map', fn: (total) => ({ total }) },
    ]
    expect(run(steps, [1, 2, 3])).toEqual([[], [{ total: 3 }]])
  })

  it('keeps the largest, equal ones in arrival order', () => {
    const items = [
      { name: 'a', size: 1 },
      { name: 'b', size: 3 },
      { name: 'c', size: 3 },
      { name: 'd', size: 2 },
      { name: 'e', size: 3 },
    ]
    const [, top] = run([{ kind: 'topN', count: 2, by: (item) => item.size }], items)
    expect(top).toEqual([items[1], items[2]])
  })

  it('gives nothing more after finish', () => {
    const kernel = compileKernel([{ kind: 'sum' }])
    kernel.push([1])
    expect(kernel.finish()).toEqual([1])
    expect(kernel.done).toBe(true)
    expect(kernel.push([1])).toEqual([])
    expect(kernel.finish()).toEqual([])
  })

  it('shares no accumulator between two kernels of one step', () => {
    const step: Step = {
      kind: 'reduce',
      fn: (list, item) => {
        list.push(item)
        return list
      },
      initial: [],
    }
    expect(run([step], [1, 2])).toEqual([[], [[1, 2]]])
    expect(run([step], [3])).toEqual([[], [[3]]])
  })

  it('calls an initial function, and refuses an initial that cannot be copied', () => {
    class Stats {}
    const fn = (accumulator: unknown): unknown => accumulator
    expect(run([{ kind: 'reduce', fn, initial: () => new Stats() }])).toEqual([[new Stats()]])
    const compile = (): unknown => compileKernel([{ kind: 'reduce', fn, initial: new Stats() }])
    expect(compile).toThrow(
      new TypeError('initial is a Stats that cannot be copied for each run; give a function that makes it'),
    )
  })

  it.each([Infinity, NaN, -1, 1.5])('refuses a count of %s', (count) => {
    for (const kind of ['take', 'skip', 'batch', 'topN'] as const) {
      const least = kind === 'batch' ? 1 : 0
      const compile = (): unknown => compileKernel([{ kind: 'sum' }, { kind, count }])
      const message = `step 1 (${kind}): the count must be a whole number of at least ${least}, not ${count}`
      expect(compile).toThrow(new RangeError(message))
    }
  })

  it('refuses a batch of none, a missing function and an unknown kind', () => {
    expect(() => compileKernel([{ kind: 'batch', count: 0 }])).toThrow(RangeError)
    expect(() => compileKernel([{ kind: 'map' } as unknown as Step])).toThrow('step 0 (map): fn must be a function')
    expect(() => compileKernel([{ kind: 'zip' } as unknown as Step])).toThrow('step 0 is of no known kind')
  })
})

describe('a take in a kernel', () => {
  it('is done once it has had enough, and later steps still flush', () => {
    const kernel = compileKernel([
      { kind: 'take', count: 2 },
      { kind: 'batch', count: 3 },
    ])
    expect(kernel.done).toBe(false)
    expect(kernel.push([1, 2, 3])).toEqual([])
    expect(kernel.done).toBe(true)
    expect(kernel.push([4])).toEqual([])
    expect(kernel.finish()).toEqual([[1, 2]])
  })

  it('is done from the start when it takes none, and lets nothing past that was held before it', () => {
    const kernel = compileKernel([{ kind: 'sum' }, { kind: 'take', count: 0 }, { kind: 'countBy', by: (item) => item }])
    expect(kernel.done).toBe(true)
    expect(kernel.finish()).toEqual([])
  })

  it('calls nothing for the items after the last one', () => {
    let callCount = 0
    const steps: Step[] = [
      { kind: 'map', fn: (item) => (callCount++, item) },
      { kind: 'take', count: 2 },
    ]
    expect(run(steps, [1, 2, 3, 4])).toEqual([[1, 2], []])
    expect(callCount).toBe(2)
  })

  it('ends an endless flatMap before it and closes its iterator, but not a flatMap after it', () => {
    let closedCount = 0
    function* endless(): Generator<number> {
      try {
        for (let n = 0; ; n += 1) yield n
      } finally {
        closedCount += 1
      }
    }
    const steps: Step[] = [
      { kind: 'flatMap', fn: endless },
      { kind: 'flatMap', fn: (n: number) => [n, n] },
      { kind: 'take', count: 3 },
      { kind: 'flatMap', fn: (n: number) => [n, 'and', n] },
    ]
    expect(run(steps, ['go'])).toEqual([[0, 'and', 0, 0, 'and', 0, 1, 'and', 1], []])
    expect(closedCount).toBe(1)
  })
})

describe('A kernel that tells where it keeps what comes', () => {
  it.each<[Step, string[]]>([
    [{ kind: 'countBy', by: (text: string) => text[0] }, ['b: bee bat', 'a: ant ape']],
    [{ kind: 'topN', count: 2, by: (text: string) => text }, ['cat: cat', 'bee: bee']],
  ])('has the same places for %j at the end', (step, expected) => {
    const comers = new Map<object | undefined, string[]>()
    let comer = ''
    const kept = (place: object | undefined) => {
      comers.set(place, [...(comers.get(place) ?? []), comer])
    }
    const kernel = compileKernel([{ kind: 'map', fn: (text: string) => text.toLowerCase() }, step], { kept })
    for (comer of step.kind === 'countBy' ? ['bee', 'ant', 'bat', 'ape'] : ['bee', 'ant', 'cat', 'ape']) {
      kernel.push([comer.toUpperCase()])
    }
    const nameOf = (out: unknown) => (typeof out === 'string' ? out : (out as { key: string }).key)
    const told = kernel.finish().map((out, i) => `${nameOf(out)}: ${comers.get(kernel.places()[i])?.join(' ')}`)
    expect(told).toEqual(expected)
  })
})

describe('StepError', () => {
  const failAt =
    (bad: number) =>
    (item: unknown): unknown => {
      if (item === bad) throw new RangeError(`no ${bad}`)
      return item
    }

  it('says which step failed on which item, and hands over what had been put out', () => {
    const kernel = compileKernel([
      { kind: 'flatMap', fn: (n: number) => [n, n * 10] },
      { kind: 'map', fn: failAt(40) },
    ])
    kernel.push([1, 2])
    const error = stepErrorOf(() => kernel.push([3, 4, 5]))
    expect(error).toMatchObject({
      name: 'StepError',
      message: 'no 40',
      cause: new RangeError('no 40'),
      step: 'map',
      stepIndex: 1,
      item: 40,
      input: 4,
      itemNumber: 3,
      emitted: [3, 30, 4],
    })
  })

  it('leaves a kernel that can go on with the next item', () => {
    const kernel = compileKernel([
      { kind: 'map', fn: failAt(2) },
      { kind: 'map', fn: (item, index) => [item, index] },
    ])
    const error = stepErrorOf(() => kernel.push([1, 2, 3]))
    expect(error.emitted).toEqual([[1, 0]])
    expect(kernel.push([3])).toEqual([[3, 1]])
    expect(stepErrorOf(() => kernel.push([2])).itemNumber).toBe(3)
  })

  it('leaves a kernel whose finish can go on with the next item', () => {
    const kernel = compileKernel([
      { kind: 'topN', count: 3 },
      { kind: 'map', fn: failAt(2) },
    ])
    kernel.push([1, 2, 3])
    const error = stepErrorOf(() => kernel.finish())
    expect(error).toMatchObject({ step: 'map', item: 2, itemNumber: 3, emitted: [3] })
    expect(kernel.finish()).toEqual([1])
    expect(kernel.finish()).toEqual([])
  })

  it('blames the flatMap whose sequence fails, not the step that it fed', () => {
    function* broken(): Generator<number> {
      yield 1
      throw new Error('broken off')
    }
    const kernel = compileKernel([
      { kind: 'flatMap', fn: broken },
      { kind: 'map', fn: (item) => item },
    ])
    const error = stepErrorOf(() => kernel.push(['go']))
    expect(error).toMatchObject({ step: 'flatMap', stepIndex: 0, item: 'go', emitted: [1] })
  })

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 5],
    ['a string', 'word'],
    ['an Object', {}],
  ])('refuses %s from a flatMap function', (name, value) => {
    const kernel = compileKernel([{ kind: 'flatMap', fn: () => value as never }])
    const error = stepErrorOf(() => kernel.push([1]))
    expect(error.message).toContain(`must return an iterable of items, but got ${name}`)
  })

  it('advises to write a function that gives a promise as an async one, and lets no rejection escape', () => {
    const fn = (): unknown => Promise.reject(new Error('nobody listens'))
    const initial = 0
    const steps: Step[] = [
      { kind: 'map', fn },
      { kind: 'filter', fn },
      { kind: 'flatMap', fn: fn as never },
      { kind: 'distinct', by: fn },
      { kind: 'scan', fn, initial },
      { kind: 'reduce', fn, initial },
      { kind: 'countBy', by: fn },
      { kind: 'sum', of: fn as never },
      { kind: 'topN', count: 1, by: fn as never },
    ]
    for (const step of steps) {
      const error = stepErrorOf(() => compileKernel([step]).push([1]))
      expect(error.message).toContain(`a ${step.kind} function returned a promise`)
      expect(error.message).toContain('`async` function')
    }
  })

  it('refuses to add up what is not a number and to rank what has no order', () => {
    expect(stepErrorOf(() => run([{ kind: 'sum' }], [1, '2'])).message).toBe('sum takes numbers, but got a string')
    const rank = (...items: unknown[]): string => stepErrorOf(() => run([{ kind: 'topN', count: 3 }], items)).message
    expect(rank({})).toBe('topN ranks by numbers, strings or dates, but got an Object')
    expect(rank(NaN)).toBe('topN cannot rank NaN')
    expect(rank(new Date(NaN))).toBe('topN cannot rank an invalid date')
    expect(rank(1, 2n, 'three')).toBe('topN cannot rank a string among numbers')
  })

  it('carries what is thrown even when it is no error', () => {
    const thrown = Object.create(null) as unknown
    const step: Step = {
      kind: 'map',
      fn: () => {
        throw thrown
      },
    }
    expect(stepErrorOf(() => run([step], [1])).cause).toBe(thrown)
  })
})
