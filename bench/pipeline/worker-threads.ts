// By hand, with threads: the main thread reads the table and makes sales of it, two workers count them.
//
// worker-threads.ts FILE [little|more]
/* oxlint-disable unicorn/require-post-message-target-origin -- A thread has no origin. */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { parse } from 'csv-parse'
import { isPaid, keys, type OrderRow, type Sale, toSale, type Work } from './orders.ts'

const workerCount = 2
const batchCount = 512
/** How many batches a worker may have before it. */
const windowCount = 4

type Answer = 'taken' | Map<string, number>

function beWorker(keyOf: (sale: Sale) => string): void {
  const port = parentPort as NonNullable<typeof parentPort>
  const counts = new Map<string, number>()
  port.on('message', (sales: Sale[] | 'end') => {
    if (sales === 'end') {
      port.postMessage(counts satisfies Answer)
      port.close()
      return
    }
    for (const sale of sales) {
      const key = keyOf(sale)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    port.postMessage('taken' satisfies Answer)
  })
}

/** A worker, and how far it is behind. */
class Hand {
  readonly ended: Promise<unknown>
  readonly #worker: Worker
  #room = Promise.withResolvers<void>()
  inFlight = 0

  constructor(work: string, onCounts: (counts: Map<string, number>) => void) {
    this.#worker = new Worker(import.meta.filename, { workerData: work })
    this.ended = once(this.#worker, 'exit')
    this.#worker.on('message', (answer: Answer) => {
      if (answer !== 'taken') return onCounts(answer)
      this.inFlight -= 1
      this.#room.resolve()
      this.#room = Promise.withResolvers()
    })
  }

  async give(sales: Sale[]): Promise<void> {
    while (this.inFlight >= windowCount) await this.#room.promise
    this.inFlight += 1
    this.#worker.postMessage(sales)
  }

  end(): void {
    this.#worker.postMessage('end')
  }
}

async function main(path: string, work: string): Promise<void> {
  const total = new Map<string, number>()
  const add = (counts: Map<string, number>) => {
    for (const [key, count] of counts) total.set(key, (total.get(key) ?? 0) + count)
  }
  const hands = Array.from({ length: workerCount }, () => new Hand(work, add))
  const giveAway = (sales: Sale[]) => hands.reduce((a, b) => (b.inFlight < a.inFlight ? b : a)).give(sales)
  let sales: Sale[] = []
  const rows: AsyncIterable<OrderRow> = createReadStream(path).pipe(parse({ columns: true }))
  for await (const row of rows) {
    if (!isPaid(row) || sales.push(toSale(row)) < batchCount) continue
    await giveAway(sales)
    sales = []
  }
  await giveAway(sales)
  for (const hand of hands) hand.end()
  await Promise.all(hands.map((hand) => hand.ended))
  for (const [key, count] of total) process.stdout.write(`${JSON.stringify({ key, count })}\n`)
}

if (isMainThread) await main(process.argv[2] ?? '', process.argv[3] ?? 'little')
else beWorker(keys[workerData as Work])
