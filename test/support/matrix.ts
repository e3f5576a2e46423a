import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type Nursery, openNursery, type Portal, run, shield, waitForActor } from '../../index.ts'
import consumerActor from '../fixtures/actors/matrix-consumer.ts'
import {
  actAt,
  type ConsumerAct,
  itemCount,
  type Plan,
  type ProducerEvent,
  windowCount,
  wordsFor,
} from '../fixtures/actors/matrix-plan.ts'
import producerActor from '../fixtures/actors/matrix-producer.ts'
import { waitUntil } from './wait-until.ts'

/** One meeting of a producer and a consumer, each an actor of its own. */
export interface Cell {
  readonly kind: Plan['kind']
  readonly producer: ProducerEvent
  readonly consumer: ConsumerAct
  readonly first: Plan['first']
  /** The two have one nursery, and the consumer finds the producer by its name; or the consumer is the parent. */
  readonly family: 'siblings' | 'parent'
  readonly spawn: 'process' | 'thread' | 'inline'
}

/** What each side saw, in words. */
export interface Sight {
  /** What ended the producer's function, and whether its `finally` has run. */
  readonly producer: string
  /** How many items the consumer got, what its loop ended with, and whether its `finally` has run. */
  readonly consumer: string
  /** What the nursery of both came to. */
  readonly nursery: string
}

type ProducerFunctions = typeof producerActor extends { readonly functions: infer F } ? F : never
type ConsumerFunctions = typeof consumerActor extends { readonly functions: infer F } ? F : never

/** Frozen processes are found out soon. */
const heartbeat = { intervalMs: 150, limitMs: 900 }

// Starting takes most of the time: more at once would only make each of them slow.
const maxStarting = 3
let starting = 0
const waiting: (() => void)[] = []

async function inTurn<T>(start: () => Promise<T>): Promise<T> {
  if (starting >= maxStarting) await new Promise<void>((resolve) => waiting.push(resolve))
  starting += 1
  try {
    return await start()
  } finally {
    starting -= 1
    waiting.shift()?.()
  }
}

/** Actors that several meetings have in common, where none of them ends one. */
interface Shared {
  readonly producerName: string
  readonly producer: Portal<ProducerFunctions>
  readonly consumer: Portal<ConsumerFunctions>
}

/** Has all of them meet, in one tree and all at once. */
export async function meet(cells: readonly Cell[], notes: (name: string) => string): Promise<Sight[]> {
  const meetAll = async (nursery: Nursery) => {
    const shared = cells.some(({ family }) => family === 'siblings') ? await openShared(nursery, cells) : undefined
    const sights = await Promise.all(cells.map((cell) => new Meeting(cell, notes, shared).run()))
    nursery.cancel()
    return sights
  }
  return await run(() => openNursery(meetAll), { signals: false, heartbeat })
}

async function openShared(nursery: Nursery, cells: readonly Cell[]): Promise<Shared> {
  const { spawn } = cells[0] as Cell
  const producerName = 'producer of many'
  const [producer, consumer] = await Promise.all([
    nursery.startActor(producerName, producerActor, { spawn }),
    nursery.startActor('consumer of many', consumerActor, { spawn }),
  ])
  return { producerName, producer, consumer }
}

const itemWords: ReadonlyMap<number, string> = new Map([
  [actAt, 'some'],
  [itemCount, 'all'],
  [windowCount, 'the window'],
  // A context function has an item in hand that waits for room; a generator is not even asked for one.
  [windowCount + 1, 'the window and one'],
])

let meetingCount = 0

class Meeting {
  readonly #cell: Cell
  readonly #plan: Plan
  readonly #number: number
  readonly #sharedProducer: Shared | undefined
  readonly #sharedConsumer: Shared | undefined

  constructor(cell: Cell, notes: (name: string) => string, shared: Shared | undefined) {
    meetingCount += 1
    const { kind, producer, consumer, first, family } = cell
    const isShared = family === 'siblings'
    this.#cell = cell
    this.#number = meetingCount
    this.#sharedProducer = isShared && (producer === 'ends' || producer === 'throws') ? shared : undefined
    this.#sharedConsumer = isShared && consumer !== 'is cancelled' && consumer !== 'is killed' ? shared : undefined
    const producerName = this.#sharedProducer?.producerName ?? `producer ${meetingCount}`
    this.#plan = { kind, producer, consumer, first, producerName, file: notes(`meeting-${meetingCount}`) }
  }

  async run(): Promise<Sight> {
    let nursery = 'resolves'
    try {
      await (this.#cell.family === 'siblings' ? this.#runSiblings() : this.#runFamily())
    } catch (error) {
      // They did not meet at all.
      if (this.#noteOf('producer', 'begun') === undefined) throw error
      nursery = wordsFor(error)
    }
    if (this.#cell.family === 'parent') nursery = this.#noteOf('consumer', 'nursery') ?? 'nothing'
    await this.#settle()
    return {
      producer: this.#producerSight(),
      consumer: this.#consumerSight(),
      nursery,
    }
  }

  #producerSight(): string {
    const sees = this.#noteOf('producer', 'sees') ?? 'nothing'
    const sight = `${sees}${this.#finallyOf('producer')}`
    const hears = this.#noteOf('producer', 'hears')
    // A task of it that listens to its consumer is told the same, or just has no more to hear when it ends by itself.
    const ownEnd = sees === 'its end' || sees.startsWith('RangeError')
    return hears === undefined || hears === (ownEnd ? 'the end' : sees) ? sight : `${sight}, but hears ${hears}`
  }

  #consumerSight(): string {
    const read = this.#noteOf('consumer', 'read')
    if (read === undefined) return 'nothing'
    const items = itemWords.get(Number(read)) ?? `${read} items`
    return `${items}: ${this.#noteOf('consumer', 'sees') ?? 'nothing'}${this.#finallyOf('consumer')}`
  }

  async #runSiblings(): Promise<void> {
    await openNursery(
      async (nursery) => {
        const producer =
          this.#sharedProducer?.producer ??
          (await inTurn(() => nursery.startActor(this.#plan.producerName, producerActor)))
        const consumer =
          this.#sharedConsumer?.consumer ??
          (await inTurn(() => nursery.runInActor(`consumer ${this.#number}`, consumerActor, 'consume', this.#plan)))
        if (consumer === this.#sharedConsumer?.consumer) {
          nursery.startTask(() => consumer.run('consume', this.#plan)).catch(() => undefined)
        }
        await this.#act(producer, consumer, nursery.signal)
        if (this.#sharedProducer === undefined) await producer.cancelActor()
      },
      { spawn: this.#cell.spawn },
    )
  }

  async #runFamily(): Promise<void> {
    await openNursery(
      async (nursery) => {
        const consumer = await inTurn(async () => {
          const portal = await nursery.runInActor(
            `consumer ${this.#number}`,
            consumerActor,
            'consumeChild',
            this.#plan,
            this.#cell.spawn,
          )
          // Its child starts at once.
          await this.#until('consumer', 'begun')
          return portal
        })
        await this.#until('producer', 'begun')
        const portal = await waitForActor(this.#plan.producerName, producerActor)
        await this.#act(portal, consumer, undefined)
      },
      // Only a parent that is to be killed needs a process of its own.
      {
        spawn:
          this.#cell.consumer === 'is killed'
            ? 'process'
            : this.#cell.spawn === 'process'
              ? 'inline'
              : this.#cell.spawn,
      },
    )
  }

  /** Brings both to where they are to meet, and then lets happen what is to happen, one after the other. */
  async #act(
    portal: Portal<ProducerFunctions>,
    consumer: Portal<ConsumerFunctions>,
    nurserySignal: AbortSignal | undefined,
  ): Promise<void> {
    const { consumer: act, kind, first, producer: event } = this.#plan
    const waitsForItems = act === 'reads on' || (act === 'is cancelled' && first === 'consumer')
    const stands = act === 'stops reading'
    await this.#until('producer', `yields ${(stands ? windowCount : itemCount) - 1}`)
    await this.#until('consumer', waitsForItems ? 'has all' : 'has some')
    if (kind === 'context') await this.#until('producer', 'heard all')
    // All that was sent has arrived.
    await consumer.run('askProducer', this.#plan)
    const found = await waitForActor(this.#plan.producerName, producerActor)
    let watched: Promise<unknown> | undefined
    if (first === 'consumer' && event === 'is cancelled') {
      watched = portal.run('noteCancel', this.#plan).catch(() => undefined)
      await this.#until('producer', 'watched')
    }
    if (first === 'producer') {
      this.#strike(portal, found)
      await this.#awaitStroke(nurserySignal)
      await this.#letAct(consumer)
    } else {
      await this.#letAct(consumer)
      await this.#until('producer', 'sees')
      if (kind === 'context') await this.#until('producer', 'hears')
      // The nursery of both hears of one death after the other.
      if (act === 'is killed' && nurserySignal !== undefined) {
        await waitUntil(() => nurserySignal.aborted, { describe: () => this.#allNotes() })
      }
      this.#strike(portal, found)
      if (event === 'is killed' || event === 'is frozen') await this.#waitUntilOver(nurserySignal)
      if (watched !== undefined) {
        await this.#until('producer', 'actor cancelled')
        this.#tell('producer')
      }
    }
    if (act !== 'is killed') {
      // Neither is hung, nor slower than the heartbeat finds out.
      await this.#until('consumer', 'finally', 5_000)
      // Not asked to end before it is known what has become of it.
      if (event === 'is killed' || event === 'is frozen') await this.#waitUntilOver(nurserySignal)
    }
    await watched
  }

  /** The producer's event. */
  #strike(portal: Portal<ProducerFunctions>, found: Portal<ProducerFunctions>): void {
    switch (this.#plan.producer) {
      case 'ends':
      case 'throws':
        return this.#tell('producer')
      case 'is cancelled': {
        // The nursery that owns it, or whoever else has found it: the same to all who see it.
        const by = this.#plan.kind === 'stream' ? portal : found
        void shield(() => by.cancelActor('enough')).catch(() => undefined)
        return
      }
      case 'is killed':
        return void process.kill(this.#pidOf('producer'), 'SIGKILL')
      case 'is frozen':
        return void process.kill(this.#pidOf('producer'), 'SIGSTOP')
    }
  }

  async #awaitStroke(nurserySignal: AbortSignal | undefined): Promise<void> {
    const { producer: event, consumer: act } = this.#plan
    switch (event) {
      case 'ends':
      case 'throws':
        // One that stands still at the window goes on only when its consumer does.
        if (act !== 'stops reading') await this.#until('producer', 'finally')
        return
      case 'is cancelled':
        return await this.#until('producer', 'finally')
      case 'is killed':
        return await this.#waitUntilOver(nurserySignal)
      case 'is frozen':
        if (act === 'stops reading') await this.#waitUntilOver(nurserySignal)
    }
  }

  /** A producer that was killed, or is because it is frozen, is known to be gone. */
  async #waitUntilOver(nurserySignal: AbortSignal | undefined): Promise<void> {
    // Frozen, and without a parent that would kill it.
    if (this.#isOrphanFrozen) return
    const isOver = () => (nurserySignal === undefined ? !isRunning(this.#pidOf('producer')) : nurserySignal.aborted)
    await waitUntil(isOver, { describe: () => this.#allNotes() })
  }

  get #isOrphanFrozen(): boolean {
    const { consumer: act, producer: event } = this.#plan
    return event === 'is frozen' && act === 'is killed' && this.#cell.family === 'parent'
  }

  /** The consumer's act. */
  async #letAct(consumer: Portal<ConsumerFunctions>): Promise<void> {
    const { consumer: act, first } = this.#plan
    switch (act) {
      case 'reads on':
        return
      case 'breaks':
      case 'throws':
      case 'stops reading':
        return this.#tell('consumer')
      case 'is cancelled':
        if (first === 'producer') {
          this.#tell('consumer')
          await this.#until('consumer', 'ready')
        }
        void shield(() => consumer.cancelActor('enough')).catch(() => undefined)
        return
      case 'is killed':
        return void process.kill(this.#pidOf('consumer'), 'SIGKILL')
    }
  }

  /** Whoever still lives comes to their end. */
  async #settle(): Promise<void> {
    const pid = this.#pidOf('producer')
    if (this.#isOrphanFrozen) {
      if (this.#plan.first === 'consumer') this.#tell('producer')
      process.kill(pid, 'SIGCONT')
    }
    if (this.#cell.spawn === 'process' && this.#sharedProducer === undefined) {
      await waitUntil(() => !isRunning(pid), { describe: () => this.#allNotes() })
    }
    const { kind, producer: event } = this.#plan
    if (event === 'is killed' || event === 'is frozen') return
    // Its caller may have been killed before it has ended itself.
    await this.#until('producer', 'finally')
    if (kind === 'context') await this.#until('producer', 'hears')
  }

  #tell(side: 'producer' | 'consumer'): void {
    writeFileSync(`${this.#plan.file}.${side}-go`, '')
  }

  #notes(side: 'producer' | 'consumer'): string[] {
    const path = `${this.#plan.file}.${side}`
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
  }

  #allNotes(): unknown {
    return {
      cell: this.#cell,
      producer: this.#notes('producer').slice(-5),
      consumer: this.#notes('consumer').slice(-5),
    }
  }

  async #until(side: 'producer' | 'consumer', begin: string, withinMs = 10_000): Promise<void> {
    await waitUntil(() => this.#noteOf(side, begin) !== undefined, {
      withinMs,
      describe: () => ({ missing: `${side}: ${begin}`, ...(this.#allNotes() as object) }),
    })
  }

  /** What follows that word in the notes of one side. */
  #noteOf(side: 'producer' | 'consumer', word: string): string | undefined {
    return this.#notes(side)
      .find((line) => line === word || line.startsWith(`${word} `))
      ?.slice(word.length + 1)
  }

  #finallyOf(side: 'producer' | 'consumer'): string {
    const count = this.#notes(side).filter((line) => line === 'finally').length
    return count === 1 ? ', finally' : count === 0 ? '' : `, finally ${count} times`
  }

  #pidOf(side: 'producer' | 'consumer'): number {
    return Number(this.#noteOf(side, 'begun'))
  }
}

function isRunning(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/\) Z /.test(status)
  } catch {
    return false
  }
}
