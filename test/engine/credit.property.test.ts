import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CreditBalance, CreditLedger } from '../../engine/credit.ts'

const windows = fc.record({ count: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 200 }) })
/** Weights of items, some of them heavier than a whole window. */
const weights = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 })
/** Who may take the next step. */
const turns = fc.infiniteStream(fc.constantFrom('send', 'deliver', 'consume', 'grant', 'repeat', 'late'))

describe('CreditBalance with CreditLedger', () => {
  it('brings every item over whatever the order of the steps, and never more than was granted', () => {
    fc.assert(
      fc.property(windows, weights, turns, (window, items, steps) => {
        const link = new Link(window, items)
        for (const step of steps) {
          if (link.done) break
          link.take(step)
          link.check()
          // Nobody can move only when all is done.
          expect(link.done || link.movable, 'deadlock').toBe(true)
        }
        expect(link.consumed).toEqual(items)
      }),
    )
  })
})

type Grant = readonly [count: number, bytes: number]

/** A sender, a receiver, and what is on its way between them. */
class Link {
  readonly consumed: number[] = []
  readonly #window: { count: number; bytes: number }
  readonly #balance = new CreditBalance()
  readonly #ledger: CreditLedger
  readonly #toSend: number[]
  readonly #onTheWay: number[] = []
  readonly #buffered: number[] = []
  readonly #grants: Grant[]
  readonly #pastGrants: Grant[] = []
  readonly #heaviest: number

  constructor(window: { count: number; bytes: number }, items: readonly number[]) {
    this.#window = window
    this.#toSend = [...items]
    this.#heaviest = Math.max(0, ...items)
    this.#ledger = new CreditLedger(window)
    this.#grants = [[window.count, window.bytes]]
  }

  get done(): boolean {
    return this.#toSend.length + this.#onTheWay.length + this.#buffered.length === 0
  }

  get movable(): boolean {
    const canSend = this.#toSend.length > 0 && this.#balance.available
    return canSend || this.#onTheWay.length > 0 || this.#buffered.length > 0 || this.#grants.length > 0
  }

  take(step: string): void {
    if (step === 'send' && this.#balance.available) this.#send()
    else if (step === 'deliver') this.#deliver()
    else if (step === 'consume') this.#consume()
    else if (step === 'grant') this.#grant()
    else if (step === 'repeat') this.#repeat(this.#pastGrants.at(-1))
    else if (step === 'late') this.#repeat(this.#pastGrants[0])
  }

  /** What is outstanding fits the window, but for one last item over its bytes. */
  check(): void {
    const outstanding = [...this.#onTheWay, ...this.#buffered]
    assert(outstanding.length <= this.#window.count, 'too many items')
    const bytes = outstanding.reduce((sum, weight) => sum + weight, 0)
    assert(bytes < this.#window.bytes + this.#heaviest, 'too many bytes')
    assert(this.#balance.remainingCount >= 0, 'a balance below zero')
    assert(this.#ledger.bufferedCount === this.#buffered.length, 'a wrong count of what is buffered')
  }

  #send(): void {
    const weight = this.#toSend.shift()
    if (weight === undefined) return
    this.#balance.use(weight)
    this.#onTheWay.push(weight)
  }

  #deliver(): void {
    const weight = this.#onTheWay.shift()
    if (weight === undefined) return
    assert(this.#ledger.receive(1, weight), 'overrun')
    this.#buffered.push(weight)
  }

  #consume(): void {
    const weight = this.#buffered.shift()
    if (weight === undefined) return
    this.consumed.push(weight)
    if (!this.#ledger.consume(1, weight)) return
    this.#ledger.regrant()
    this.#grants.push([this.#ledger.grantedCount, this.#ledger.grantedBytes])
  }

  #grant(): void {
    const grant = this.#grants.shift()
    if (grant === undefined) return
    this.#pastGrants.push(grant)
    this.#balance.grant(...grant)
  }

  #repeat(grant: Grant | undefined): void {
    if (grant !== undefined) this.#balance.grant(...grant)
  }
}
