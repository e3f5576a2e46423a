import { printableLine } from './printable.ts'
import { paint, type TextOutput, type Tone } from './terminal.ts'

const ownScreen = '\x1b[?1049h\x1b[?25l'
const formerScreen = '\x1b[?25h\x1b[?1049l'
const home = '\x1b[H'
const eraseToLineEnd = '\x1b[K'
const eraseBelow = '\x1b[J'

/** A line of the screen, with how it is meant where that is to be seen. */
export type ScreenLine = string | { readonly text: string; readonly tone: Tone }

/** The whole terminal for a while. Its owner disposes it on every way out; what was on it before is then there again. */
export interface Screen extends Disposable {
  /** Shows the lines, none of them wider than the terminal, nor more than it has. */
  draw(lines: readonly ScreenLine[]): void
}

export function openScreen(terminal: Pick<TextOutput, 'write' | 'hasColors'>): Screen {
  const release = (): void => {
    process.off('exit', release)
    terminal.write(formerScreen)
  }
  // For the ends that take no leave: a second ctrl-c.
  process.on('exit', release)
  terminal.write(ownScreen)
  return {
    draw: (lines) => {
      const texts = lines.map((line) => {
        const { text, tone } = typeof line === 'string' ? { text: line, tone: 'plain' as const } : line
        return `${paint(printableLine(text), tone, terminal)}${eraseToLineEnd}`
      })
      const text = texts.join('\r\n')
      terminal.write(`${home}${text}${eraseBelow}`)
    },
    [Symbol.dispose]: release,
  }
}
