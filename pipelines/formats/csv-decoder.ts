import { CsvError, parse } from 'csv-parse/sync'
import { PipelineError } from '../errors.ts'
import { assertRecordLength, type Decoder } from './decoder.ts'
import { withoutReturn } from './line-decoder.ts'

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

interface CsvRow {
  readonly fields: string[]
  readonly line: number
}

/**
 * Decodes the rows of a CSV text. A row that has not as many fields as the header throws, with its line. Blank lines are
 * passed over. Text without quotes, the most of what there is, is split as it is; csv-parse reads the rest.
 */
export function createCsvDecoder(name: string, options: CsvDecoderOptions = {}): Decoder {
  const { delimiter = ',', header = true, numbers = false } = options
  const toItem = createRowReader(name, header, numbers)
  let rest = ''
  let line = 1
  // What is wrong with a row is thrown after the rows before it were handed on.
  let failure: Error | undefined

  function decode(block: string): unknown[] {
    const quoted = block.includes('"')
    const rows = quoted ? parseQuoted(block, delimiter, name, line) : splitPlain(block, delimiter, line)
    line = countLines(block, line)
    const items: unknown[] = []
    try {
      for (const row of rows) {
        const item = toItem(row)
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
      const all = rest + text
      const end = lastRecordEnd(all)
      rest = all.slice(end)
      const items = end === 0 ? [] : decode(all.slice(0, end))
      assertRecordLength(rest.length, name, line, ': is a quote left open?')
      return items
    },
    end() {
      if (failure !== undefined) throw failure
      const last = rest
      rest = ''
      return last === '' ? [] : decode(last)
    },
  }
}

/** Where the last complete record of the text ends: after the last line break that no quotes enclose. */
function lastRecordEnd(text: string): number {
  let end = 0
  let from = 0
  for (let enclosed = false; ; enclosed = !enclosed) {
    const quote = text.indexOf('"', from)
    const to = quote === -1 ? text.length : quote
    const lineBreak = enclosed ? -1 : text.slice(from, to).lastIndexOf('\n')
    if (lineBreak !== -1) end = from + lineBreak + 1
    if (quote === -1) return end
    from = quote + 1
  }
}

function splitPlain(block: string, delimiter: string, line: number): CsvRow[] {
  const rows: CsvRow[] = []
  const hasReturns = block.includes('\r')
  for (const text of block.split('\n')) {
    const record = hasReturns ? withoutReturn(text) : text
    if (record !== '') rows.push({ fields: record.split(delimiter), line })
    line++
  }
  return rows
}

function parseQuoted(block: string, delimiter: string, name: string, line: number): CsvRow[] {
  try {
    const records = parse(block, {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
    }) as unknown as { record: string[]; info: { lines: number } }[]
    // csv-parse knows the line on which a record ends: the breaks within its fields lead back to where it begins.
    return records.map(({ record, info }) => ({ fields: record, line: line + info.lines - 1 - countBreaks(record) }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    // A quote that is never closed swallows all that follows: what matters is the line on which its record begins.
    const open = error.code === 'CSV_QUOTE_NOT_CLOSED' || typeof error['lines'] !== 'number'
    const at = open ? line : line + (error['lines'] as number) - 1
    const message = error.message.replace(/,? at line \d+/, '')
    throw new PipelineError(`${name}:${at}: ${message}`, { cause: error })
  }
}

function createRowReader(name: string, header: boolean | readonly string[], numbers: boolean) {
  let columns = typeof header === 'boolean' ? undefined : header
  return (row: CsvRow): unknown => {
    if (header === false) return numbers ? row.fields.map(toNumber) : row.fields
    if (columns === undefined) {
      columns = readHeader(name, row)
      return undefined
    }
    const { fields, line } = row
    if (fields.length !== columns.length) {
      const count = fields.length === 1 ? '1 field' : `${fields.length} fields`
      throw new PipelineError(`${name}:${line}: ${count} where the header has ${columns.length}`)
    }
    const item: Record<string, unknown> = {}
    for (let index = 0; index < columns.length; index++) {
      const field = fields[index] as string
      item[columns[index] as string] = numbers ? toNumber(field) : field
    }
    return item
  }
}

function readHeader(name: string, row: CsvRow): string[] {
  const seen = new Set<string>()
  for (const column of row.fields) {
    if (seen.has(column)) throw new PipelineError(`${name}:${row.line}: the header has the column '${column}' twice`)
    if (column === '__proto__') throw new PipelineError(`${name}:${row.line}: '${column}' cannot be a column's name`)
    seen.add(column)
  }
  return row.fields
}

const decimal = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/

/** The field as a number where it is one, and no digit of it is lost by that. */
function toNumber(field: string): string | number {
  if (!decimal.test(field)) return field
  const value = Number(field)
  const exact = /^-?\d+$/.test(field) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return exact ? value : field
}

function countBreaks(fields: readonly string[]): number {
  return fields.reduce((count, field) => countLines(field, count), 0)
}

function countLines(text: string, from: number): number {
  let count = from
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
