import { describe, expect, it, vi } from 'vitest'
import { batch } from '../../engine/batch.ts'
import { NotEncodableError } from '../../engine/errors.ts'
import { MessageSender } from '../../engine/message-sender.ts'
import { pump } from '../../engine/pump.ts'
import { ambientScope, runInScope, Scope, sleep } from '../../engine/scope.ts'
import { errorOf } from '../support/thrown.ts'
import { hop } from './hop.ts'
import { ManualOutlet } from './manual-outlet.ts'

const reason = new Error('enough')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function open(grant: number) {
  const outlet = new ManualOutlet()
  outlet.eager = true
  const sender = new MessageSender(outlet, 1, hop, undefined)
  const scope = new Scope('actor')
  if (grant > 0) sender.grant(grant, 1024 * 1024)
  const run = (source: Iterator<unknown> | AsyncIterator<unknown>) =>
    runInScope(scope, () => pump(source, Symbol.asyncIterator in source, sender, scope))
  const items = () => {
    outlet.flush()
    return outlet.items
  }
  return { outlet, sender, scope, run, items }
}

/** The same generator in both kinds, with its steps noted. */
const kinds: [string, (steps?: string[]) => Iterator<unknown> | AsyncIterator<unknown>][] = [
  [
    'a generator',
    function* (steps: string[] = []) {
      try {
        for (let n = 0; ; n += 1) {
          steps.push(`make ${n}`)
          yield n
        }
      } finally {
        steps.push('finally')
      }
    },
  ],
  [
    'an async generator',
    async function* (steps: string[] = []) {
      try {
        for (let n = 0; ; n += 1) {
          steps.push(`make ${n}`)
          yield n
        }
      } finally {
        steps.push('finally')
      }
    },
  ],
]

describe.each(kinds)('Pumping %s', (_, count) => {
  it('never advances it past the credit', async () => {
    const { run, sender, scope, items } = open(2)
    const steps: string[] = []
    const pumping = errorOf(run(count(steps)))
    await turn()
    expect(steps).toEqual(['make 0', 'make 1'])
    sender.grant(3, 1_000_000)
    await turn()
    expect(steps).toEqual(['make 0', 'make 1', 'make 2'])
    expect(items()).toEqual([0, 1, 2])
    scope.cancel(reason)
    expect(await pumping).toBe(reason)
  })

  it('does not begin before there is credit', async () => {
    const { run, scope } = open(0)
    const steps: string[] = []
    const pumping = errorOf(run(count(steps)))
    await turn()
    expect(steps).toEqual([])
    scope.cancel(reason)
    expect(await pumping).toBe(reason)
  })

  it('returns it when it is cancelled, and runs its finally', async () => {
    const { run, scope } = open(1)
    const steps: string[] = []
    const pumping = errorOf(run(count(steps)))
    await turn()
    scope.cancel(reason)
    expect(await pumping).toBe(reason)
    expect(steps).toEqual(['make 0', 'finally'])
  })

  it('does not run it at all in a cancelled scope', async () => {
    const { run, scope, items } = open(10)
    scope.cancel(reason)
    const steps: string[] = []
    expect(await errorOf(run(count(steps)))).toBe(reason)
    expect(steps).toEqual([])
    expect(items()).toEqual([])
  })
})

describe('Pumping', () => {
  it('gives what the generator returns, after all its items', async () => {
    const { run, items } = open(10)
    const sync = function* () {
      yield 'a'
      yield 'b'
      return 'done'
    }
    const async = async function* () {
      yield* sync()
      return 'done'
    }
    expect(await run(sync())).toBe('done')
    expect(await run(async())).toBe('done')
    expect(items()).toEqual(['a', 'b', 'a', 'b'])
  })

  it('rejects with what the generator throws, after the items before it', async () => {
    const { run, items } = open(10)
    const sync = function* () {
      yield 'a'
      throw reason
    }
    const async = async function* () {
      yield* sync()
    }
    expect(await errorOf(run(sync()))).toBe(reason)
    expect(await errorOf(run(async()))).toBe(reason)
    expect(items()).toEqual(['a', 'a'])
  })

  it('asks an async generator for one item at a time', async () => {
    const { run } = open(1000)
    let pending = 0
    let asked = 0
    const next = async (): Promise<IteratorResult<number, undefined>> => {
      asked += 1
      pending += 1
      expect(pending).toBe(1)
      await turn()
      pending -= 1
      return asked > 5 ? { done: true, value: undefined } : { done: false, value: 1 }
    }
    const source: AsyncIterableIterator<number, undefined> = { next, [Symbol.asyncIterator]: () => source }
    await run(source)
    expect(asked).toBe(6)
  })

  it('runs the generator in its own scope, whoever grants it room', async () => {
    const { run, sender, scope } = open(1)
    const seen: unknown[] = []
    const source = async function* () {
      for (let n = 0; n < 3; n += 1) {
        seen.push(ambientScope())
        yield n
      }
    }
    const pumping = run(source())
    await turn()
    runInScope(new Scope('other'), () => sender.grant(10, 1_000_000))
    await pumping
    expect(seen).toEqual([scope, scope, scope])
  })

  it('hands out what is left of a batch before it goes on', async () => {
    const { run, sender, items } = open(3)
    const steps: string[] = []
    const source = function* () {
      yield batch(['a', 'b', 'c', 'd', 'e'])
      steps.push('after')
      yield 'f'
    }
    const pumping = run(source())
    await turn()
    expect(items()).toEqual(['a', 'b', 'c'])
    expect(steps).toEqual([])
    sender.grant(100, 1_000_000)
    await pumping
    expect(items()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('hands out batches of async generators, empty ones too', async () => {
    const { run, items } = open(100)
    const source = async function* () {
      yield batch([])
      yield batch([1, 2])
      yield 3
      yield batch([4])
    }
    await run(source())
    expect(items()).toEqual([1, 2, 3, 4])
  })

  it('takes any number of batches of a generator without running out of stack', async () => {
    const { run, items } = open(100_000)
    const source = function* () {
      for (let n = 0; n < 50_000; n += 1) yield batch(n % 2 === 0 ? [] : [n])
    }
    await run(source())
    expect(items()).toHaveLength(25_000)
  })

  it('throws an item that cannot travel into the generator, which may go on', async () => {
    const { run, items } = open(100)
    const caught: unknown[] = []
    const sync = function* () {
      for (const item of ['a', () => 1, 'b']) {
        try {
          yield item
        } catch (error) {
          caught.push(error)
          yield 'instead'
        }
      }
    }
    const async = async function* () {
      for (const item of ['a', () => 1, 'b']) {
        try {
          yield item
        } catch (error) {
          caught.push(error)
          yield 'instead'
        }
      }
    }
    await run(sync())
    await run(async())
    expect(items()).toEqual(['a', 'instead', 'b', 'a', 'instead', 'b'])
    expect(caught).toEqual([expect.any(NotEncodableError), expect.any(NotEncodableError)])
  })

  it('ends with the error of such an item if the generator does not catch it, and runs its finally', async () => {
    const { run, items } = open(100)
    const steps: string[] = []
    const source = async function* () {
      try {
        yield batch(['a', Symbol('s'), 'b'])
      } finally {
        steps.push('finally')
      }
    }
    expect(await errorOf(run(source()))).toBeInstanceOf(NotEncodableError)
    expect(items()).toEqual(['a'])
    expect(steps).toEqual(['finally'])
  })

  it('ends with the error of such an item if the iterator cannot be told', async () => {
    const { run } = open(100)
    const source = [() => 1][Symbol.iterator]()
    expect(await errorOf(run(source))).toBeInstanceOf(NotEncodableError)
  })

  it('waits for the finally of a cancelled generator, and gives what that throws', async () => {
    const { run, scope } = open(1)
    const cleaned = Promise.withResolvers<void>()
    const failure = new Error('could not clean up')
    const source = async function* () {
      try {
        yield 1
      } finally {
        await cleaned.promise
        // oxlint-disable-next-line no-unsafe-finally -- that is what is tested
        throw failure
      }
    }
    const settled = vi.fn<() => void>()
    const pumping = errorOf(run(source())).finally(settled)
    await turn()
    scope.cancel(reason)
    await turn()
    expect(settled).not.toHaveBeenCalled()
    cleaned.resolve()
    expect(await pumping).toBe(failure)
  })

  it('interrupts the wait in which a generator is cancelled', async () => {
    const { run, scope, items } = open(10)
    const steps: string[] = []
    const source = async function* () {
      try {
        yield 1
        await sleep(3_600_000)
      } finally {
        steps.push('finally')
      }
    }
    const pumping = errorOf(run(source()))
    await turn()
    scope.cancel(reason)
    expect(await pumping).toBe(reason)
    expect(steps).toEqual(['finally'])
    expect(items()).toEqual([1])
  })

  it('drops what a cancelled generator still yields', async () => {
    const { run, scope, items } = open(10)
    const gate = Promise.withResolvers<void>()
    const source = async function* () {
      yield 'before'
      await gate.promise
      yield 'after'
    }
    const pumping = errorOf(run(source()))
    await turn()
    scope.cancel(reason)
    gate.resolve()
    expect(await pumping).toBe(reason)
    expect(items()).toEqual(['before'])
  })

  it('cancels an iterator that has no return', async () => {
    const { run, scope } = open(10)
    const source = { next: () => new Promise(() => undefined), [Symbol.asyncIterator]: () => source }
    const pumping = errorOf(run(source as never))
    scope.cancel(reason)
    expect(await pumping).toBe(reason)
  })
})
