import { displayWidth } from '../formats/display-width.ts'
import { truncate } from './printable.ts'

/** To which side the cells of a column go. */
export type Alignment = 'left' | 'right'

/**
 * Rows of cells as lines with aligned columns. Not the table of the `stdout` sink: that one aligns by the type of a value,
 * and here numbers are shown as text, `1.25M/s`.
 */
export function layOutColumns(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[] {
  // One by one: there may be more rows than a call may have arguments.
  const widths = alignments.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), 0),
  )
  return rows.map((row) =>
    alignments
      .map((alignment, column) => {
        const cell = row[column] ?? ''
        const space = ' '.repeat((widths[column] ?? 0) - displayWidth(cell))
        return alignment === 'left' ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A column of a table that has to fit. */
export interface Column {
  readonly heading: string
  readonly alignment: Alignment
  /** Where there is too little room, those with the lowest rank are left out first; one without a rank never is. */
  readonly rank?: number
  /** So many cells do where there is too little room; what is longer is cut. */
  readonly enough?: number
}

/** A heading and rows, with as many of the columns as there is room for. `rowsWith` makes the rows for the columns that are left. */
export function layOutToFit(
  columns: readonly Column[],
  width: number,
  rowsWith: (left: readonly Column[]) => readonly (readonly string[])[],
): string[] {
  const left = chooseColumns(columns, rowsWith(columns), width)
  const rows = rowsWith(left)
  const alignments = left.map(({ alignment }) => alignment)
  const layOut = (cellOf: (cell: string, column: Column) => string) => {
    const table = [columns.map(({ heading }) => heading), ...rows]
    const pick = (row: readonly string[]) => left.map((column) => cellOf(row[columns.indexOf(column)] ?? '', column))
    return layOutColumns(table.map(pick), alignments)
  }
  const whole = layOut((cell) => cell)
  if (whole.every((line) => displayWidth(line) <= width)) return whole
  // The last one ends where the line does.
  return layOut((cell, column) => (column === left.at(-1) ? cell : truncate(cell, column.enough ?? Infinity)))
}

function chooseColumns(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): Column[] {
  const widths = new Map(
    columns.map((column, position) => {
      const widest = rows.reduce((most, row) => Math.max(most, displayWidth(row[position] ?? '')), 0)
      return [column, Math.max(displayWidth(column.heading), Math.min(widest, column.enough ?? Infinity))]
    }),
  )
  const needed = (left: readonly Column[]) => left.reduce((sum, column) => sum + (widths.get(column) ?? 0) + 2, -2)
  const byRank = columns.filter(({ rank }) => rank !== undefined).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
  let left = [...columns]
  for (const dropped of byRank) if (needed(left) > width) left = left.filter((column) => column !== dropped)
  return left
}
