import { printableLine } from './printable.ts'
import type { TextOutput } from './terminal.ts'

const ownScreen = '\x1b[?1049h\x1b[?25l'
const formerScreen = '\x1b[?25h\x1b[?1049l'
const home = '\x1b[H'
const eraseToLineEnd = '\x1b[K'
const eraseBelow = '\x1b[J'

/** The whole terminal for a while. Its owner disposes it on every way out; what was on it before is then there again. */
export interface Screen extends Disposable {
  /** Shows the lines, none of them wider than the terminal, nor more than it has. */
  draw(lines: readonly string[]): void
}

export function openScreen(terminal: Pick<TextOutput, 'write'>): Screen {
  const release = (): void => {
    process.off('exit', release)
    terminal.write(formerScreen)
  }
  // For the ends that take no leave: a second ctrl-c.
  process.on('exit', release)
  terminal.write(ownScreen)
  return {
    draw: (lines) => {
      const text = lines.map((line) => `${printableLine(line)}${eraseToLineEnd}`).join('\r\n')
      terminal.write(`${home}${text}${eraseBelow}`)
    },
    [Symbol.dispose]: release,
  }
}
