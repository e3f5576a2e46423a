// By hand, in one process: Node's streams from end to end.
//
// node-streams.ts FILE [little|more]
import { createReadStream } from 'node:fs'
import { Transform, type TransformCallback, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { isPaid, keys, type OrderRow, type Sale, toSale, type Work } from './orders.ts'

const [path = '', work = 'little'] = process.argv.slice(2)
const keyOf = keys[work as Work]

const onlyPaid = new Transform({
  objectMode: true,
  transform(row: OrderRow, _encoding, done: TransformCallback) {
    if (isPaid(row)) this.push(row)
    done()
  },
})
const sales = new Transform({
  objectMode: true,
  transform: (row: OrderRow, _encoding, done: TransformCallback) => done(null, toSale(row)),
})
const counts = new Map<string, number>()
const counting = new Writable({
  objectMode: true,
  write(sale: Sale, _encoding, done) {
    const key = keyOf(sale)
    counts.set(key, (counts.get(key) ?? 0) + 1)
    done()
  },
})
await pipeline(createReadStream(path), parse({ columns: true }), onlyPaid, sales, counting)
for (const [key, count] of counts) process.stdout.write(`${JSON.stringify({ key, count })}\n`)
