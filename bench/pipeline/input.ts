import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cities, isPaid, keys, type OrderRow, toSale, type Work } from './orders.ts'

/** A table of orders, and what has to come out of it. */
export interface Input {
  readonly path: string
  readonly counts: Readonly<Record<Work, Readonly<Record<string, number>>>>
}

/** Another number makes a new file of what is in the temporary folder from before. */
const version = 1

/** A table of so many orders, the same each time: made once, and kept in the temporary folder. */
export async function ordersInput(rowCount: number): Promise<Input> {
  const folder = join(tmpdir(), 'actorflow-bench')
  const path = join(folder, `orders-${version}-${rowCount}.csv`)
  const countsPath = `${path}.json`
  const known = await readFile(countsPath, 'utf8').catch(() => undefined)
  if (known !== undefined) return { path, counts: JSON.parse(known) as Input['counts'] }
  await mkdir(folder, { recursive: true })
  const counts = { little: {}, more: {} }
  // Moved to its place when it is complete: whoever finds it, finds all of it.
  const partial = `${path}.${process.pid}`
  await pipeline(Readable.from(tableText(rowCount, counts)), createWriteStream(partial))
  await rename(partial, path)
  await writeFile(partial, JSON.stringify(counts))
  await rename(partial, countsPath)
  return { path, counts }
}

function* tableText(rowCount: number, counts: Record<Work, Record<string, number>>): Generator<string> {
  const random = createRandom(20_240_229)
  let text = 'id,placedAt,customer,city,quantity,price,status,note\n'
  for (let id = 1; id <= rowCount; id += 1) {
    const order = createOrder(id, random)
    if (isPaid(order)) {
      increase(counts.little, keys.little(toSale(order)))
      increase(counts.more, keys.more(toSale(order)))
    }
    const { placedAt, customer, city, quantity, price, status, note } = order
    text += `${id},${placedAt},${customer},${city},${quantity},${price},${status},${quoted(note)}\n`
    if (text.length < 65_536) continue
    yield text
    text = ''
  }
  yield text
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}

const statuses = ['paid', 'paid', 'paid', 'open', 'returned'] as const
const notes = [
  'gift, no invoice',
  'ring twice, then wait',
  'he said "not before noon"',
  'leave it\nat the door',
] as const

/** One in eight has a note that has to stand in quotes; most have none. */
function createOrder(id: number, random: () => number): OrderRow {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  return {
    id: String(id),
    placedAt: new Date(1_640_995_200_000 + Math.floor(random() * 94_608_000) * 1000).toISOString(),
    customer: `C${10_000 + Math.floor(random() * 90_000)}`,
    city: random() < 0.6 ? misspelt(pick(cities), random) : pick(cities),
    quantity: String(1 + Math.floor(random() * 9)),
    price: (1 + random() * 40).toFixed(2),
    status: pick(statuses),
    note: random() < 0.125 ? pick(notes) : random() < 0.2 ? 'express' : '',
  }
}

function misspelt(name: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (name.length - 1))
  return name.slice(0, at) + (random() < 0.5 ? '' : 'h') + name.slice(at + 1)
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
