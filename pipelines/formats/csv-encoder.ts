import { PipelineError } from '../errors.ts'

/** How a CSV text is written. */
export interface CsvEncoderOptions {
  readonly delimiter?: string | undefined
  /** The columns, in order; those of the first item by default. */
  readonly columns?: readonly string[] | undefined
}

/** Turns items into the rows of a CSV text: a header first, for items that are objects. */
export interface CsvEncoder {
  /** The text of these items. Throws a `PipelineError` for an item that has a column which the header has not. */
  encode(items: readonly unknown[]): string
  /** The text of a table without rows: the header, where the columns are known, if none was written yet. */
  end(): string
}

/**
 * An encoder of CSV. An object is a row by its columns, an array a row by itself, anything else a row of one field.
 * Nothing (null, undefined) is an empty field; a value that is no text, number or boolean is written as JSON.
 */
export function createCsvEncoder(options: CsvEncoderOptions = {}): CsvEncoder {
  const { delimiter = ',' } = options
  const needsQuotes = new RegExp(`["\\r\\n]|${RegExp.escape(delimiter)}`)
  let columns = options.columns
  let known = new Set(columns)
  let rowCount = 0
  let headerDue = columns !== undefined

  const field = (value: unknown): string => {
    const text = fieldText(value)
    return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const row = (values: readonly unknown[]): string => {
    const text = values.map(field).join(delimiter)
    // A blank line is no row to a reader, so one empty field needs its quotes.
    return text === '' ? '""\n' : `${text}\n`
  }
  const header = (): string => {
    headerDue = false
    return row(columns ?? [])
  }
  function encodeItem(item: unknown): string {
    rowCount++
    if (Array.isArray(item)) return row(item)
    if (!isRecord(item)) return row([item])
    if (columns === undefined) {
      columns = Object.keys(item)
      known = new Set(columns)
      headerDue = true
    }
    const stray = Object.keys(item).find((key) => !known.has(key))
    if (stray !== undefined) {
      throw new PipelineError(`item ${rowCount} has a column '${stray}' that the header has not: name all the columns`)
    }
    const text = row(columns.map((column) => item[column]))
    return headerDue ? header() + text : text
  }
  return {
    encode: (items) => items.map(encodeItem).join(''),
    end: () => (headerDue ? header() : ''),
  }
}

function isRecord(item: unknown): item is Record<string, unknown> {
  return typeof item === 'object' && item !== null && !(item instanceof Date)
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value) ?? ''
}
