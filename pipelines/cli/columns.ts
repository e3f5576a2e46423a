import { displayWidth } from '../formats/display-width.ts'

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
