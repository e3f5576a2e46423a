import { displayWidth } from '../formats/display-width.ts'

/** One line of text that cannot steer the terminal: names and items come from documents and data. */
export function printableLine(text: string): string {
  return text
    .replaceAll('\n', '\\n')
    .replaceAll('\t', ' ')
    .replace(/\p{Control}/gu, '\ufffd')
}

/** Text of several lines that cannot steer the terminal. */
export function printableText(text: string): string {
  return text.replace(/[^\P{Control}\n\t]/gu, '\ufffd')
}

/** Cuts a line to so many cells of a terminal; where something is cut off, an ellipsis stands for it. */
export function truncate(line: string, width: number): string {
  if (displayWidth(line) <= width) return line
  let cut = ''
  let taken = 0
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(line)) {
    taken += displayWidth(segment)
    if (taken > width - 1) break
    cut += segment
  }
  return width < 1 ? '' : `${cut}…`
}
