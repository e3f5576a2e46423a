import { PipelineError } from '../errors.ts'
import { countLineBreaks, lastRecordEnd, parseIrregularCsv } from './csv-irregular.ts'
import { numberOrText } from './csv-number.ts'
import { type CsvRecord, readCsvRecords } from './csv-records.ts'
import { createRowMaker, type RowMaker } from './csv-row-maker.ts'
import { assertRecordLength, type Decoder, recordLengthLimit } from './decoder.ts'

// A record that does not end (a quote is left open) is read again only when there is twice as much of it: not with each chunk.
const longRecordLength = 256 * 1024

/** How a CSV text is read. */
export interface CsvDecoderOptions {
  /** What stands between two fields; a comma by default. */
  readonly delimiter?: string | undefined
  /**
   * True (the default): the first row names the columns, and each further row is an object. A list: these are the
   * columns, and the first row is data. False: each row is an array of its fields.
   */
  readonly header?: boolean | readonly string[] | undefined
  /** True: a field that is a plain decimal number becomes a number. `007` and `` stay text. False by default. */
  readonly numbers?: boolean | undefined
}

/**
 * Decodes the rows of a CSV text. A row that has not as many fields as the header throws, with its line. Blank lines are
 * passed over. Text with quotes where they do not belong is left to csv-parse.
 */
export function createCsvDecoder(name: string, options: CsvDecoderOptions = {}): Decoder {
  const { delimiter = ',', header = true, numbers = false } = options
  const toItem = createRowReader(name, header, numbers)
  let rest = ''
  // How much there has to be before it is worth reading the rest again.
  let readAgainAt = 0
  let line = 1
  // What is wrong with a row is thrown after the rows before it were handed on.
  let failure: Error | undefined

  function readRecords(text: string): CsvRecord[] {
    const read = readCsvRecords(text, delimiter, line)
    const end = read?.end ?? lastRecordEnd(text)
    const records = read?.records ?? parseIrregularCsv(text.slice(0, end), delimiter, name, line)
    rest = text.slice(end)
    line = read?.endLine ?? line + countLineBreaks(text.slice(0, end))
    return records
  }

  function toItems(records: readonly CsvRecord[]): unknown[] {
    const items: unknown[] = []
    try {
      for (const record of records) {
        const item = toItem(record)
        if (item !== undefined) items.push(item)
      }
    } catch (error) {
      if (items.length === 0) throw error
      failure = error as Error
    }
    return items
  }

  return {
    push(text) {
      if (failure !== undefined) throw failure
      const whole = rest + text
      if (whole.length < Math.min(readAgainAt, recordLengthLimit)) {
        rest = whole
        return []
      }
      const items = toItems(readRecords(whole))
      readAgainAt = rest.length > longRecordLength ? rest.length * 2 : 0
      assertRecordLength(rest.length, name, line, ': is a quote left open?')
      return items
    },
    end() {
      if (failure !== undefined) throw failure
      const last = rest
      rest = ''
      // csv-parse says what is wrong with a quote that is still open.
      const read = last.includes('"') ? undefined : readCsvRecords(`${last}\n`, delimiter, line)
      return toItems(read?.records ?? parseIrregularCsv(last, delimiter, name, line))
    },
  }
}

function createRowReader(name: string, header: boolean | readonly string[], numbers: boolean) {
  const toValue = numbers ? numberOrText : undefined
  let columnCount = 0
  let make: RowMaker | undefined
  const setColumns = (columns: readonly string[]): void => {
    columnCount = columns.length
    make = createRowMaker(columns, toValue)
  }
  if (typeof header !== 'boolean') setColumns(header)
  return (record: CsvRecord): unknown => {
    const { fields, line } = record
    if (header === false) return toValue === undefined ? fields : fields.map(toValue)
    if (make === undefined) {
      setColumns(readHeader(name, record))
      return undefined
    }
    if (fields.length !== columnCount) {
      const count = fields.length === 1 ? '1 field' : `${fields.length} fields`
      throw new PipelineError(`${name}:${line}: ${count} where the header has ${columnCount}`)
    }
    return make(fields)
  }
}

function readHeader(name: string, { fields, line }: CsvRecord): string[] {
  const seen = new Set<string>()
  for (const column of fields) {
    if (seen.has(column)) throw new PipelineError(`${name}:${line}: the header has the column '${column}' twice`)
    if (column === '__proto__') throw new PipelineError(`${name}:${line}: '${column}' cannot be a column's name`)
    seen.add(column)
  }
  return fields
}
