// By hand, in one process: a chain of IxJS operators.
//
// ix.ts FILE [little|more]
import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { from, reduce } from 'ix/asynciterable'
import { filter, map } from 'ix/asynciterable/operators'
import { isPaid, keys, type OrderRow, toSale, type Work } from './orders.ts'

const [path = '', work = 'little'] = process.argv.slice(2)
const keyOf = keys[work as Work]

const rows: AsyncIterable<OrderRow> = createReadStream(path).pipe(parse({ columns: true }))
const counts = await reduce(from(rows).pipe(filter(isPaid), map(toSale), map(keyOf)), {
  callback: (counts: Map<string, number>, key) => counts.set(key, (counts.get(key) ?? 0) + 1),
  seed: new Map<string, number>(),
})
for (const [key, count] of counts) process.stdout.write(`${JSON.stringify({ key, count })}\n`)
