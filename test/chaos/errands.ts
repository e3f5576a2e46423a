import { findActor, moveOnAfter, type Portal, sleep } from '../../index.ts'
import leaf from './leaf.ts'
import type { Random } from './random.ts'

type LeafPortal = typeof leaf extends {
  readonly functions: infer F extends Record<string, (...args: any[]) => unknown>
}
  ? Portal<F>
  : never

/** Items did not come as they were sent: the one thing that must never be. */
export class WrongItems extends Error {}

/** Checks that numbers come in order, each once. */
class Sequence {
  count = 0
  readonly #what: string

  constructor(what: string) {
    this.#what = what
  }

  take(n: number): void {
    if (n !== this.count) throw new WrongItems(`${this.#what}: ${n} came in place of ${this.count}`)
    this.count += 1
  }

  /** The stream has ended by itself: nothing may be missing. */
  end(to: number): void {
    if (this.count !== to) throw new WrongItems(`${this.#what}: it ended after ${this.count} of ${to} items`)
  }
}

/** One thing that a program does with a leaf. Resolves to the items that it got. */
type Errand = (portal: LeafPortal, random: Random, names: readonly string[]) => Promise<number>

async function readAll(portal: LeafPortal, random: Random): Promise<number> {
  const to = random.between(1, 20_000)
  const sequence = new Sequence('a stream read to its end')
  for await (const n of portal.stream('count', to)) sequence.take(n)
  sequence.end(to)
  return sequence.count
}

async function readBatches(portal: LeafPortal, random: Random): Promise<number> {
  const to = random.between(1, 50_000)
  const sequence = new Sequence('a stream read by batches')
  for await (const batch of portal.stream('count', to).batches()) for (const n of batch) sequence.take(n)
  sequence.end(to)
  return sequence.count
}

async function readSlowly(portal: LeafPortal, random: Random): Promise<number> {
  const to = random.between(1, 12_000)
  const pauseMs = random.between(1, 20)
  const sequence = new Sequence('a stream read slowly')
  for await (const n of portal.stream('count', to)) {
    sequence.take(n)
    if (n % 2_000 === 0) await sleep(pauseMs)
  }
  sequence.end(to)
  return sequence.count
}

async function breakOff(portal: LeafPortal, random: Random): Promise<number> {
  const after = random.between(1, 6_000)
  const sequence = new Sequence('a stream that is left')
  for await (const n of portal.stream('count', 1_000_000)) {
    sequence.take(n)
    if (n === after) break
  }
  return sequence.count
}

async function readForATime(portal: LeafPortal, random: Random): Promise<number> {
  const sequence = new Sequence('a stream that is cancelled')
  await moveOnAfter(random.between(5, 200), async () => {
    for await (const n of portal.stream('countSlowly', 1_000_000, 3)) sequence.take(n)
  })
  return sequence.count
}

async function readRelayed(portal: LeafPortal, random: Random, names: readonly string[]): Promise<number> {
  const to = random.between(1, 10_000)
  const others = names.filter((name) => name !== portal.actor.name)
  const sequence = new Sequence('a stream through two others')
  for await (const n of portal.stream('relay', random.pick(others), to)) sequence.take(n)
  sequence.end(to)
  return sequence.count
}

async function talk(portal: LeafPortal, random: Random): Promise<number> {
  const to = random.between(1, 300)
  const sequence = new Sequence('a conversation')
  await using conversation = await portal.openContext('echo')
  for (let n = 0; n < to; n += 1) {
    await conversation.stream.send(n)
    const { value, done } = await conversation.stream.next()
    if (done === true) throw new WrongItems('a conversation: the other side ended it')
    sequence.take(value)
  }
  return sequence.count
}

async function call(portal: LeafPortal, random: Random): Promise<number> {
  const numbers = Array.from({ length: random.between(1, 50) }, () => random.between(0, 1_000))
  const sums = await Promise.all(numbers.map((n) => portal.run('add', n, 1)))
  if (sums.some((sum, at) => sum !== (numbers[at] ?? 0) + 1)) throw new WrongItems('calls: wrong results')
  return sums.length
}

async function holdUp(portal: LeafPortal, random: Random): Promise<number> {
  await portal.run('block', random.between(1, 100))
  return 0
}

export const errands: readonly Errand[] = [
  readAll,
  readBatches,
  readSlowly,
  breakOff,
  readForATime,
  readRelayed,
  talk,
  call,
  holdUp,
]

/** Runs an errand with one of the leaves; undefined if it was not there. */
export async function runErrand(errand: Errand, random: Random, names: readonly string[]): Promise<number | undefined> {
  const portal = await findActor(random.pick(names), leaf)
  return portal === undefined ? undefined : await errand(portal, random, names)
}
