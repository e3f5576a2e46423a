import { displayWidth } from './display-width.ts'

/** Rows that are collected to be printed as one aligned table. */
export interface Table {
  add(items: readonly unknown[]): void
  /** The table as lines of text: a header, a rule, the rows, and how many more there were. Empty without any item. */
  toString(): string
}

type Row = Readonly<Record<string, unknown>>

/** A table that keeps the first `limit` items and counts the others. Its columns come in the order they are first seen. */
export function createTable(limit: number): Table {
  const rows: Row[] = []
  const columns = new Set<string>()
  let leftOutCount = 0
  return {
    add(items) {
      for (const item of items) {
        if (rows.length === limit) {
          leftOutCount++
          continue
        }
        const row = toRow(item)
        for (const key of Object.keys(row)) columns.add(key)
        rows.push(row)
      }
    },
    toString() {
      if (rows.length === 0) return ''
      const blocks = [...columns].map((column) => layOutColumn(column, rows))
      const lines: string[] = []
      for (let index = 0; index < rows.length + 2; index++) {
        lines.push(
          blocks
            .map((block) => block[index])
            .join('  ')
            .trimEnd(),
        )
      }
      if (leftOutCount > 0) lines.push(`… ${leftOutCount} more ${leftOutCount === 1 ? 'row' : 'rows'}`)
      return `${lines.join('\n')}\n`
    },
  }
}

function toRow(item: unknown): Row {
  const isRow = typeof item === 'object' && item !== null && !(item instanceof Date)
  return isRow ? (item as Row) : { value: item }
}

/** Header, rule and cells of one column, all of one width; to the right where every value is a number. */
function layOutColumn(column: string, rows: readonly Row[]): string[] {
  const values = rows.map((row) => (Object.hasOwn(row, column) ? row[column] : undefined))
  const isNumeric = values.every((value) => value === undefined || value === null || isNumber(value))
  const cells = [cellText(column), ...values.map(cellText)]
  const widths = cells.map(displayWidth)
  const width = widths.reduce((widest, each) => Math.max(widest, each), 0)
  const padded = cells.map((cell, index) => {
    const space = ' '.repeat(width - (widths[index] ?? 0))
    return isNumeric ? space + cell : cell + space
  })
  padded.splice(1, 0, '-'.repeat(width))
  return padded
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** One line of printable text, so that no value can break the table or steer the terminal. */
function cellText(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = plainText(value)
  return text.replace(/\p{Control}/gu, (control) =>
    JSON.stringify(control)
      .slice(1, -1)
      .replace(/^[^\\]$/, '\ufffd'),
  )
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Date) return value.toISOString()
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? ''
}
