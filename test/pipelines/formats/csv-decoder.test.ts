import { describe, expect, it } from 'vitest'
import { type CsvDecoderOptions, createCsvDecoder } from '../../../pipelines/formats/csv-decoder.ts'

function decode(text: string, options?: CsvDecoderOptions): unknown[] {
  const decoder = createCsvDecoder('t.csv', options)
  return [...decoder.push(text), ...decoder.end()]
}

describe('The CSV decoder', () => {
  it('makes objects of the rows below a header', () => {
    expect(decode('a,b\n1,x\r\n\n2,"y, ""z"""\n')).toEqual([
      { a: '1', b: 'x' },
      { a: '2', b: 'y, "z"' },
    ])
  })

  it('takes the names of the columns from the options, or none at all', () => {
    expect(decode('1,2', { header: ['x', 'y'] })).toEqual([{ x: '1', y: '2' }])
    expect(decode('1,2\n3', { header: false })).toEqual([['1', '2'], ['3']])
  })

  it('makes numbers of decimal fields where none of their digits is lost', () => {
    const fields = ['0', '-1.50', '2e3', '007', '', ' 1', '0x10', '12345678901234567890', 'NaN', '+1']
    expect(decode(fields.join(','), { header: false, numbers: true })).toEqual([
      [0, -1.5, 2000, '007', '', ' 1', '0x10', '12345678901234567890', 'NaN', '+1'],
    ])
  })

  it.each([
    ['too few fields', 'a,b\n1,2\n3\n', 't.csv:3: 1 field where the header has 2'],
    ['too many fields', 'a,b\n\n1,2,3\n', 't.csv:3: 3 fields where the header has 2'],
    ['too few fields below quotes', 'a,b\n"1\n1",2\n"x\ny"\n', 't.csv:4: 1 field where the header has 2'],
    ['a quote that is never closed', 'a,b\n1,2\n3,"4\n5,6\n', 't.csv:3: Quote Not Closed'],
    ['a quote within a field', 'a,b\n1,2\n3,5" tall "\n', 't.csv:3: Invalid Opening Quote'],
    ['a column that is there twice', 'a,b,a\n', "t.csv:1: the header has the column 'a' twice"],
    ['a column that no object can have', '__proto__\n1\n', "t.csv:1: '__proto__' cannot be a column's name"],
  ])('names the line of %s', (_title, text, message) => {
    expect(() => decode(text)).toThrow(message)
  })

  it('keeps no more of an open quote than its limit', () => {
    const decoder = createCsvDecoder('t.csv')
    decoder.push('a\n')
    decoder.push('"')
    const piece = 'x'.repeat(1 << 20)
    expect(() => {
      for (let pieces = 0; pieces <= 16; pieces++) decoder.push(piece)
    }).toThrow(/^t\.csv:2: what begins here is longer than 16777216 characters: is a quote left open\?$/)
  })

  it('reads a record that comes in very many pieces, and those after it', () => {
    const long = 'line, "quoted"\n'.repeat(50_000)
    const text = `a,b\n"${long.replaceAll('"', '""')}",1\n"x",2\n3,4\n`
    const decoder = createCsvDecoder('t.csv')
    const rows: unknown[] = []
    for (let at = 0; at < text.length; at += 4096) rows.push(...decoder.push(text.slice(at, at + 4096)))
    rows.push(...decoder.end())
    expect(rows).toEqual([
      { a: long, b: '1' },
      { a: 'x', b: '2' },
      { a: '3', b: '4' },
    ])
  })
})
