import { CsvError, parse } from 'csv-parse/sync'
import { PipelineError } from '../errors.ts'
import type { CsvRecord } from './csv-records.ts'

/**
 * Has csv-parse read a text of complete records that begins on that line. Throws a `PipelineError` that names the line of
 * what it refuses.
 */
export function parseIrregularCsv(text: string, delimiter: string, name: string, line: number): CsvRecord[] {
  try {
    const records = parse(text, {
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

/** Where the last complete record of such a text ends: after the last line break that no quotes enclose. */
export function lastRecordEnd(text: string): number {
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

function countBreaks(fields: readonly string[]): number {
  return fields.reduce((count, field) => count + countLineBreaks(field), 0)
}

/** How many line breaks there are in a text. */
export function countLineBreaks(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
