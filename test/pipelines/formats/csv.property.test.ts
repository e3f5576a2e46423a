import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCsvDecoder } from '../../../pipelines/formats/csv-decoder.ts'
import { createCsvEncoder } from '../../../pipelines/formats/csv-encoder.ts'

const field = fc
  .array(fc.constantFrom('a', 'é', '日', ',', ';', '"', '\n', '\r\n', '\r', ' ', '007', '1.5'), { maxLength: 6 })
  .map((parts) => parts.join(''))

describe('A CSV table', () => {
  it('reads as it was written, however its text is cut', () => {
    const columns = fc.uniqueArray(field, { minLength: 1, maxLength: 4 })
    const table = columns.chain((names) => {
      const row = fc
        .tuple(...names.map(() => field))
        .map((values) => Object.fromEntries(names.map((n, i) => [n, values[i]])))
      return fc.array(row, { minLength: 1, maxLength: 8 })
    })
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '\t'), fc.integer({ min: 1, max: 20 }), (rows, delimiter, size) => {
        const encoder = createCsvEncoder({ delimiter })
        const text = encoder.encode(rows) + encoder.end()
        const decoder = createCsvDecoder('table.csv', { delimiter })
        const read: unknown[] = []
        for (let at = 0; at < text.length; at += size) read.push(...decoder.push(text.slice(at, at + size)))
        expect([...read, ...decoder.end()]).toEqual(rows)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
