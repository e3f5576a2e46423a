import type { TextOutput } from './terminal.ts'

const saveCursor = '\x1b7'
const restoreCursor = '\x1b8'
const wholeScreen = '\x1b[r'
const eraseToLineEnd = '\x1b[K'
const eraseBelow = '\x1b[J'
const lineDown = '\x1bD'

/**
 * The bottom lines of a terminal, kept apart from the others: what anyone writes to the terminal scrolls above them. A
 * view that is redrawn by moving the cursor up would erase data instead, be it that stdout is the same terminal, that
 * `| jq` prints on it, or that a stage says something on stderr.
 *
 * Its owner releases it on every way out: until then the terminal scrolls only in its upper part.
 */
export interface BottomPanel {
  /** Shows the lines, none of them wider than the terminal. Takes the room on the screen at first, and when it changes. */
  draw(lines: readonly string[]): void
  /** Clears the lines and gives the terminal back, the cursor where the text above ended. Drawing takes it again. */
  release(): void
  /** The terminal has another size than before. */
  resized(): void
}

export function createBottomPanel(terminal: TextOutput): BottomPanel {
  /** What is taken, as the first line of the panel and its height; undefined while nothing is. */
  let taken: { readonly top: number; readonly height: number } | undefined

  function take(rows: number, height: number): void {
    const top = rows - height + 1
    // Makes room below the cursor, which keeps its column: there may be half a line of data before it.
    const room = `${lineDown.repeat(height)}\x1b[${height}A`
    terminal.write(`${room}${saveCursor}\x1b[1;${top - 1}r${restoreCursor}`)
    taken = { top, height }
  }

  function release(): void {
    if (taken === undefined) return
    terminal.write(`${saveCursor}${wholeScreen}\x1b[${taken.top};1H${eraseBelow}${restoreCursor}`)
    taken = undefined
  }

  return {
    draw(lines) {
      const rows = terminal.rows ?? 0
      if (taken?.height !== lines.length) {
        release()
        // Without a line or two above it, the data could not be seen.
        if (lines.length === 0 || rows < lines.length + 2) return
        take(rows, lines.length)
      }
      const top = taken?.top ?? 1
      const text = lines.map((line, index) => `\x1b[${top + index};1H${line}${eraseToLineEnd}`).join('')
      // One write, so that nothing of another process can come between.
      terminal.write(`${saveCursor}${text}${restoreCursor}`)
    },
    release,
    resized() {
      if (taken === undefined) return
      // The lines have moved to somewhere below the cursor.
      terminal.write(`${saveCursor}${wholeScreen}${restoreCursor}${eraseBelow}`)
      taken = undefined
    },
  }
}
