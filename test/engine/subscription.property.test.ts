import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StreamLaggedError } from '../../engine/errors.ts'
import { runInScope, Scope } from '../../engine/scope.ts'
import type { SubscribeOptions, Subscription } from '../../engine/subscription.ts'
import { stepSteadyClock } from '../support/steady-clock.ts'
import { openSharedStream, settle } from './shared-stream.ts'

type Step =
  | { readonly do: 'arrive'; readonly count: number; readonly batched: boolean }
  | { readonly do: 'subscribe'; readonly options: SubscribeOptions }
  | { readonly do: 'next' | 'batch' | 'return' | 'cancel'; readonly reader: number }

const lag = fc.constantFrom<NonNullable<SubscribeOptions['lag']>[]>('throw', 'skip', 'hold')
/** Some readers are much faster than others. */
const reader = fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5)
const arrive = fc.record({
  do: fc.constant('arrive' as const),
  count: fc.integer({ min: 1, max: 6 }),
  batched: fc.boolean(),
})
const subscribe = fc.record({ do: fc.constant('subscribe' as const), options: fc.record({ lag }) })
const beginnings: fc.Arbitrary<Step[]> = fc.array(subscribe, { minLength: 2, maxLength: 5 })
const ask = fc.record({ do: fc.constantFrom('next' as const, 'next', 'batch'), reader })
const leave = fc.record({ do: fc.constantFrom('return' as const, 'cancel', 'cancel'), reader })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: arrive },
    { weight: 1, arbitrary: subscribe },
    { weight: 30, arbitrary: ask },
    { weight: 2, arbitrary: leave },
  ),
  { minLength: 20, maxLength: 150 },
)

/** One that skips comes back after the other has taken all there was, and gets nothing but the end. */
const leftBehind: { readonly beginning: Step[]; readonly steps: Step[] } = {
  beginning: [
    { do: 'subscribe', options: { lag: 'throw' } },
    { do: 'subscribe', options: { lag: 'skip' } },
  ],
  steps: [
    { do: 'next', reader: 1 },
    { do: 'cancel', reader: 1 },
    ...Array.from({ length: 2 }, (): Step[] => [
      { do: 'next', reader: 0 },
      { do: 'arrive', count: 1, batched: false },
    ]).flat(),
    { do: 'next', reader: 0 },
  ],
}

/** One subscriber, and the model of what it is to get. */
interface Reader {
  readonly subscription: Subscription<number>
  readonly batches: AsyncIterableIterator<readonly number[], undefined>
  readonly lag: SubscribeOptions['lag']
  /** The number of the item that it has to get next. */
  position: number
  missed: number
  waiting: { readonly scope: Scope; readonly want: 'next' | 'batch' } | undefined
  /** After a cancelled wait it holds nobody, and may find that more was dropped than its room. */
  away: boolean
  ended: boolean
}

/** What happens to several subscribers of one stream, against what has to. */
class Run {
  readonly readers: Reader[] = []
  readonly #capacity: number
  readonly #failures: unknown[] = []
  readonly #shared = openSharedStream({ of: 'context' })
  #arrived = 0
  #finished = false
  /** How far the fastest has come. */
  #head = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'arrive') {
      this.#arrived += step.count
      this.#shared.arrive(step.count, step.batched ? 'batched' : undefined)
    } else if (step.do === 'subscribe') this.#subscribe(step.options)
    else {
      const reader = this.readers[step.reader % Math.max(1, this.readers.length)]
      if (reader === undefined) return
      if (step.do === 'return') await this.#return(reader)
      else if (step.do === 'cancel') reader.waiting?.scope.cancel(new Error('cancelled'))
      else this.#ask(reader, step.do)
    }
    await settle()
    this.check()
  }

  #subscribe(options: SubscribeOptions): void {
    const subscription = this.#shared.stream.subscribe({ ...options, capacityCount: this.#capacity })
    this.readers.push({
      subscription,
      batches: subscription.batches(),
      lag: options.lag,
      position: this.#head,
      missed: 0,
      waiting: undefined,
      away: false,
      ended: false,
    })
  }

  async #return(reader: Reader): Promise<void> {
    reader.ended = true
    await reader.subscription.return()
  }

  #ask(reader: Reader, want: 'next' | 'batch'): void {
    if (reader.waiting !== undefined) return
    const scope = new Scope(undefined)
    const mayMissMore = reader.away && !reader.ended
    reader.away = false
    reader.waiting = { scope, want }
    const call = runInScope(scope, () => (want === 'next' ? reader.subscription.next() : reader.batches.next()))
    // One that comes back without a word is told by its count alone, if nothing is left for it.
    if (mayMissMore && reader.lag === 'skip') {
      this.#miss(reader, reader.subscription.missedCount - reader.missed, mayMissMore)
    }
    const settled = call.then(
      (result) => {
        reader.waiting = undefined
        if (result.done === true) return this.#checkEnd(reader)
        this.#checkItems(reader, want === 'next' ? [result.value as number] : (result.value as number[]), mayMissMore)
      },
      (error: unknown) => {
        reader.waiting = undefined
        if (error === scope.reason) reader.away = true
        else this.#checkLag(reader, error, mayMissMore)
      },
    )
    settled.catch((error: unknown) => this.#failures.push(error))
  }

  #checkItems(reader: Reader, items: readonly number[], mayMissMore: boolean): void {
    if (reader.lag === 'skip') this.#miss(reader, (items[0] as number) - reader.position, mayMissMore)
    assert.deepEqual(
      items,
      [...items.keys()].map((n) => reader.position + n),
      'in order, and none twice',
    )
    assert(items.length > 0, 'an empty batch')
    assert(items.length <= this.#capacity, 'a batch larger than the ring')
    reader.position += items.length
    assert(reader.position - items.length <= this.#head, 'nobody got the items before it')
    this.#head = Math.max(this.#head, reader.position)
  }

  #checkLag(reader: Reader, error: unknown, mayMissMore: boolean): void {
    assert(error instanceof StreamLaggedError)
    assert(reader.lag === 'throw' || (reader.lag === 'hold' && mayMissMore), `${reader.lag} lagged`)
    assert(error.missedCount > 0)
    this.#miss(reader, error.missedCount, mayMissMore)
  }

  /** It has missed exactly those that are more than the ring's capacity behind the head. */
  #miss(reader: Reader, count: number, mayMissMore: boolean): void {
    const tooOld = Math.max(0, this.#head - this.#capacity - reader.position)
    assert(mayMissMore && tooOld > 0 ? count >= tooOld : count === tooOld, `missed ${count}, not ${tooOld}`)
    reader.position += count
    reader.missed += count
  }

  #checkEnd(reader: Reader): void {
    assert(reader.ended || (this.#finished && reader.position === this.#arrived), 'an end before the end')
    reader.ended = true
  }

  check(): void {
    for (const failure of this.#failures) throw failure
    const holders = this.readers.filter((reader) => reader.lag === 'hold' && !reader.ended && !reader.away)
    const limit = Math.min(...holders.map((holder) => holder.position)) + this.#capacity
    assert(this.#head <= limit, 'went on without a holder')
    for (const reader of this.readers) {
      assert.equal(reader.subscription.missedCount, reader.missed)
      if (reader.waiting === undefined) continue
      // Whoever waits has taken all there is, or all that the holders allow.
      assert.equal(reader.position, this.#head, 'waits for what is there')
      assert(this.#head === limit || (this.#head === this.#arrived && !this.#finished), 'waits for nothing')
    }
  }

  /** The source ends, and all take what is left. */
  async finish(): Promise<void> {
    this.#finished = true
    this.#shared.receiver.finish(undefined)
    await settle()
    this.check()
    for (let rounds = 0; this.readers.some((reader) => !reader.ended); rounds += 1) {
      assert(rounds < 10_000, 'never ends')
      for (const reader of this.readers) {
        if (!reader.ended) this.#ask(reader, 'next')
        // What one of them takes may be dropped for the next.
        await settle()
        this.check()
      }
    }
  }
}

describe('The subscribers of a stream', () => {
  beforeEach(() => {
    // Time stands still, so that nobody is asked to pause.
    stepSteadyClock(0)
  })

  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('get all items in order but those that the ring had no room for, whatever the order of their steps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), beginnings, steps, async (capacity, beginning, all) => {
        const run = new Run(capacity)
        for (const step of [...beginning, ...all]) await run.take(step)
        await run.finish()
      }),
      { numRuns: 300, examples: [[1, leftBehind.beginning, leftBehind.steps]] },
    )
  })

  it('lose nothing if they hold, or are always the fastest', async () => {
    const turns = fc.array(fc.nat(4), { minLength: 50, maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), turns, async (capacityCount, order) => {
        const { stream, receiver, arrive } = openSharedStream()
        const readers = [0, 1, 2, 3, 4].map(() => stream.subscribe({ lag: 'hold', capacityCount }))
        const seen: number[][] = readers.map(() => [])
        arrive(60)
        receiver.finish(undefined)
        const calls = [...order, ...Array.from({ length: 400 }, (_, n) => n % 5)].map(async (n) => {
          const next = await readers[n]?.next()
          if (next?.done === false) seen[n]?.push(next.value)
        })
        await Promise.all(calls)
        for (const items of seen) expect(items).toEqual(Array.from({ length: 60 }, (_, n) => n))
      }),
      { numRuns: 50 },
    )
  })
})
