/** One record of a CSV text. */
export interface CsvRecord {
  readonly fields: string[]
  /** The line on which it begins. */
  readonly line: number
}

/** The complete records at the beginning of a text. */
export interface CsvRecords {
  readonly records: CsvRecord[]
  /** Where the first record begins that is not complete, and on which line. */
  readonly end: number
  readonly endLine: number
}

/**
 * Reads the complete records of a CSV text; blank lines are none. It goes from one delimiter, line break or quote to the
 * next with `indexOf`, which is ten times as fast as csv-parse, whose way goes from byte to byte.
 *
 * It takes only what there can be no two opinions about. Undefined where a quote is neither around a whole field nor
 * doubled: whether that is an error, and which, is for csv-parse to say.
 */
export function readCsvRecords(text: string, delimiter: string, firstLine: number): CsvRecords | undefined {
  if (/["\r\n]/.test(delimiter)) return undefined
  const records: CsvRecord[] = []
  let at = 0
  let line = firstLine
  // Looked for again only when they are passed: the next one may be far off, or nowhere.
  let quote = indexIn(text, '"', 0)
  let separator = indexIn(text, delimiter, 0)
  for (;;) {
    const lineBreak = indexIn(text, '\n', at)
    if (lineBreak === Infinity) return { records, end: at, endLine: line }
    if (quote < lineBreak) {
      const record = readQuotedRecord(text, at, delimiter)
      if (record === 'irregular') return undefined
      if (record === 'incomplete') return { records, end: at, endLine: line }
      records.push({ fields: record.fields, line })
      line += record.lineCount
      at = record.end
      if (quote < at) quote = indexIn(text, '"', at)
      if (separator < at) separator = indexIn(text, delimiter, at)
      continue
    }
    const end = endOfLine(text, at, lineBreak)
    if (end > at) {
      const fields: string[] = []
      while (separator < end) {
        fields.push(text.slice(at, separator))
        at = separator + delimiter.length
        separator = indexIn(text, delimiter, at)
      }
      fields.push(text.slice(at, end))
      records.push({ fields, line })
    }
    line += 1
    at = lineBreak + 1
  }
}

interface QuotedRecord {
  readonly fields: string[]
  /** Where the next record begins. */
  readonly end: number
  readonly lineCount: number
}

/** Reads a record some of whose fields are in quotes. */
function readQuotedRecord(text: string, start: number, delimiter: string): QuotedRecord | 'irregular' | 'incomplete' {
  const fields: string[] = []
  let at = start
  let lineCount = 1
  let lineBreak = indexIn(text, '\n', start)
  for (;;) {
    let end: number
    if (text[at] === '"') {
      const closing = closingQuote(text, at)
      if (closing === Infinity) return 'incomplete'
      const field = text.slice(at + 1, closing).replaceAll('""', '"')
      if (field.includes('\n')) lineCount += field.split('\n').length - 1
      fields.push(field)
      end = closing + 1
    } else {
      if (lineBreak < at) lineBreak = indexIn(text, '\n', at)
      const separator = indexIn(text, delimiter, at)
      if (lineBreak === Infinity && separator === Infinity) return 'incomplete'
      end = separator < lineBreak ? separator : endOfLine(text, at, lineBreak)
      const field = text.slice(at, end)
      if (field.includes('"')) return 'irregular'
      fields.push(field)
    }
    if (text.startsWith(delimiter, end)) {
      at = end + delimiter.length
    } else {
      const rest = text.slice(end, end + 2)
      if (rest === '' || rest === '\r') return 'incomplete'
      if (rest[0] === '\n') return { fields, end: end + 1, lineCount }
      return rest === '\r\n' ? { fields, end: end + 2, lineCount } : 'irregular'
    }
  }
}

/** Where the quoted field that begins at `opening` has its end: a quote that is not followed by another. */
function closingQuote(text: string, opening: number): number {
  let quote = indexIn(text, '"', opening + 1)
  while (text[quote + 1] === '"') quote = indexIn(text, '"', quote + 2)
  return quote
}

/** Where a line ends that is broken at `lineBreak`: before the `\r` of a Windows line break. */
function endOfLine(text: string, start: number, lineBreak: number): number {
  return lineBreak > start && text[lineBreak - 1] === '\r' ? lineBreak - 1 : lineBreak
}

function indexIn(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from)
  return at === -1 ? Infinity : at
}
