import { describe, expect, it } from 'vitest'
import { readCsvRecords } from '../../../pipelines/formats/csv-records.ts'

describe('The reader of CSV records', () => {
  it('knows the line on which each begins, and where the first begins that is not complete', () => {
    expect(readCsvRecords('a,b\n\n"1\r\n1",2\r\n,\n3,4', ',', 7)).toEqual({
      records: [
        { fields: ['a', 'b'], line: 7 },
        { fields: ['1\r\n1', '2'], line: 9 },
        { fields: ['', ''], line: 11 },
      ],
      end: 17,
      endLine: 12,
    })
  })

  it.each(['', '1', '1,', '"1', '"1""', '"1"', '"1"\r', '"1",', '"1",2', '"1\n', '1,"\n'])(
    'leaves %j for when there is more of it',
    (text) => {
      expect(readCsvRecords(`x\n${text}`, ',', 1)).toEqual({
        records: [{ fields: ['x'], line: 1 }],
        end: 2,
        endLine: 2,
      })
    },
  )

  it.each(['5" tall\n', '"5" tall\n', '"5"\r6\n', '1,2"\n', '"1" ,2\n'])('leaves %j to csv-parse', (text) => {
    expect(readCsvRecords(text, ',', 1)).toBeUndefined()
  })

  it('leaves a delimiter to csv-parse that has a quote or a line break in it', () => {
    expect(readCsvRecords('1\n', '"', 1)).toBeUndefined()
    expect(readCsvRecords('1\n', '\r', 1)).toBeUndefined()
  })

  it('takes a delimiter of several characters', () => {
    expect(readCsvRecords('1|||2\n"3||"||4\n', '||', 1)?.records).toEqual([
      { fields: ['1', '|2'], line: 1 },
      { fields: ['3||', '4'], line: 2 },
    ])
  })
})
