import type { TextOutput } from '../../../pipelines/cli/terminal.ts'

/** A terminal in memory: as much of a VT100 as the live view uses, so that tests can see what its reader would see. */
export interface Screen extends TextOutput {
  columns: number
  rows: number
  /** What scrolled out at the top, and then the screen, without the empty lines at its end. */
  text(): string
  /** The lines of the screen, from the top. */
  lines(): string[]
  /** The line that the cursor is in, from 0, and its column. */
  cursor(): { line: number; column: number }
}

// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const sequences = /\x1b\[([\d;]*)([A-Za-z])|\x1b(.)|[^]/gu

export function createScreen(rows: number, columns: number): Screen {
  let cells: string[][] = Array.from({ length: rows }, () => [])
  const scrolledOut: string[] = []
  let line = 0
  let column = 0
  let saved = { line: 0, column: 0 }
  let region = { top: 0, bottom: rows - 1 }

  function lineDown(): void {
    if (line !== region.bottom) {
      line = Math.min(line + 1, rows - 1)
      return
    }
    const [gone = []] = cells.splice(region.top, 1)
    cells.splice(region.bottom, 0, [])
    if (region.top === 0) scrolledOut.push(gone.join(''))
  }

  function put(character: string): void {
    if (column === columns) {
      column = 0
      lineDown()
    }
    const row = cells[line] ?? []
    while (row.length < column) row.push(' ')
    row[column++] = character
  }

  function control(letter: string, parameters: number[]): void {
    const [first = 1, second = 1] = parameters
    if (letter === 'A') line = Math.max(0, line - first)
    else if (letter === 'H') [line, column] = [Math.min(first, rows) - 1, second - 1]
    else if (letter === 'K') cells[line]?.splice(column)
    else if (letter === 'J') {
      cells[line]?.splice(column)
      cells = cells.map((row, index) => (index > line ? [] : row))
    } else if (letter === 'r') {
      region = parameters.length === 0 ? { top: 0, bottom: rows - 1 } : { top: first - 1, bottom: second - 1 }
      ;[line, column] = [0, 0]
    } else if (letter !== 'm') throw new Error(`this screen does not know CSI ${letter}`)
  }

  return {
    isTTY: true,
    rows,
    columns,
    write(text) {
      for (const [all, parameters, letter, escape] of text.matchAll(sequences)) {
        if (letter !== undefined) control(letter, parameters === '' ? [] : (parameters ?? '').split(';').map(Number))
        else if (escape === '7') saved = { line, column }
        else if (escape === '8') ({ line, column } = saved)
        else if (escape === 'D') lineDown()
        else if (escape !== undefined) throw new Error(`this screen does not know ESC ${escape}`)
        else if (all === '\n') [column] = [0, lineDown()]
        else if (all === '\r') column = 0
        else put(all)
      }
    },
    on: () => {},
    off: () => {},
    text: () =>
      [...scrolledOut, ...cells.map((row) => row.join(''))]
        .map((each) => each.trimEnd())
        .join('\n')
        .trimEnd(),
    lines: () => cells.map((row) => row.join('').trimEnd()),
    cursor: () => ({ line, column }),
  }
}
