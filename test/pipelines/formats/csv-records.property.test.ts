import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastRecordEnd, parseIrregularCsv } from '../../../pipelines/formats/csv-irregular.ts'
import { readCsvRecords } from '../../../pipelines/formats/csv-records.ts'

const parts = ['a', 'é', '007', ',', ',', ';', '||', '"', '""', '"b,c"', '"d""e"', '"f\ng"', '\n', '\n']
const returns = ['\r\n', '\r\n', '\r', '"\r\nh"']
const delimiters = fc.constantFrom(',', ';', '||')

/** Texts that are not left to csv-parse. */
function regular(parts: readonly string[]) {
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 16 }).map((all) => all.join(''))
  return fc
    .tuple(text, delimiters)
    .map(([text, delimiter]) => ({ text, delimiter, read: readCsvRecords(text, delimiter, 1) }))
    .filter(({ read }) => read !== undefined)
}

describe('The reader of CSV records', () => {
  it('reads what csv-parse reads, on the same lines', () => {
    fc.assert(
      fc.property(regular(parts), ({ text, delimiter, read }) => {
        const end = lastRecordEnd(text)
        const records = parseIrregularCsv(text.slice(0, end), delimiter, 'table.csv', 1)
        const endLine = text.slice(0, end).split('\n').length
        expect(read).toEqual({ records, end, endLine })
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  // Not the lines: csv-parse counts a `\r` within a field as the end of one.
  it('reads what csv-parse reads of Windows line breaks', () => {
    fc.assert(
      fc.property(regular([...parts, ...returns]), ({ text, delimiter, read }) => {
        const end = lastRecordEnd(text)
        const records = parseIrregularCsv(text.slice(0, end), delimiter, 'table.csv', 1)
        expect(read?.end).toBe(end)
        expect(read?.records.map(({ fields }) => fields)).toEqual(records.map(({ fields }) => fields))
      }),
      { seed: 1, numRuns: 2000 },
    )
  })
})
