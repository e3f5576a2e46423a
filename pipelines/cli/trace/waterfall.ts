import { displayWidth } from '../../formats/display-width.ts'
import { type Column, layOutToFit } from '../columns.ts'
import { truncate } from '../printable.ts'
import type { Tone } from '../terminal.ts'
import { drawBar, type Phase, phaseSigns } from './bar.ts'
import type { PathRow } from './path-rows.ts'
import { formatPreciseTime } from './precise-time.ts'

export interface WaterfallOptions {
  readonly startMs: number
  readonly endMs: number
  /** How many cells a line may have. */
  readonly width: number
  paint(text: string, tone: Tone): string
}

// Below that, a bar says less than the figures beside it.
const minBarCells = 12
// The handler's is what the most time goes to, and what can be mended.
const timeColumns: readonly Column[] = [
  { heading: 'credit', alignment: 'right', rank: 1 },
  { heading: 'wire', alignment: 'right', rank: 2 },
  { heading: 'queue', alignment: 'right', rank: 3 },
  { heading: 'handler', alignment: 'right' },
]
const tones: Readonly<Record<Phase, Tone>> = {
  credit: 'strong',
  wire: 'faint',
  queue: 'plain',
  handler: 'good',
  span: 'faint',
}

/** What the signs of the bars mean. */
export const waterfallLegend: string = `${phaseSigns.credit} waits for credit  ${phaseSigns.wire} on the wire  ${phaseSigns.queue} queued  ${phaseSigns.handler} in the handler`

/** The rows as lines that are no wider than allowed: hop, times, and a bar that is to scale with those above and below. */
export function drawWaterfall(rows: readonly PathRow[], options: WaterfallOptions): string[] {
  const { startMs, endMs, width, paint } = options
  const textCells = widest(
    rows.flatMap(({ text, times }) => (times === undefined ? [] : [text])),
    3,
  )
  const labelCells = Math.min(textCells, Math.max(12, Math.floor(width * 0.4)))
  const cells = rows.map(({ text, times = ['', '', '', ''] }) => ['', ...times].with(0, truncate(text, labelCells)))
  const columns: readonly Column[] = [{ heading: 'hop'.padEnd(labelCells), alignment: 'left' }, ...timeColumns]
  const [heading = '', ...figures] = layOutToFit(columns, width, () => cells)
  const figureCells = widest(figures, displayWidth(heading))
  const barCells = width - figureCells - 2
  const hasBars = barCells >= minBarCells
  const lines = [paint(truncate(hasBars ? `${heading}  ${axis(endMs - startMs, barCells)}` : heading, width), 'faint')]
  for (const [index, row] of rows.entries()) {
    if (row.times === undefined) {
      lines.push(paint(truncate(row.text, width), row.tone))
      continue
    }
    const figure = truncate(figures[index] ?? '', width)
    const space = ' '.repeat(Math.max(0, figureCells - displayWidth(figure)) + 2)
    const bar = hasBars ? paintBar(row, { startMs, endMs, cells: barCells }, paint) : ''
    lines.push(`${paint(figure, row.tone)}${bar === '' ? '' : `${space}${bar}`}`)
  }
  return lines
}

/** How wide the widest is, and no less than that. There may be more of them than a call may have arguments. */
function widest(texts: readonly string[], leastCells: number): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), leastCells)
}

function axis(totalMs: number, cells: number): string {
  const end = formatPreciseTime(totalMs)
  return `0${end.padStart(cells - 1)}`
}

function paintBar(
  row: PathRow,
  scale: { startMs: number; endMs: number; cells: number },
  paint: WaterfallOptions['paint'],
): string {
  const cells = drawBar(row.segments ?? [], row.startMs ?? scale.startMs, scale)
  const end = cells.findLastIndex(({ phase }) => phase !== undefined)
  let bar = ''
  for (let i = 0; i <= end; ) {
    const { phase } = cells[i] ?? {}
    let run = ''
    for (; i <= end && cells[i]?.phase === phase; i += 1) run += cells[i]?.sign ?? ''
    bar += phase === undefined ? run : paint(run, row.tone === 'bad' && phase === 'handler' ? 'bad' : tones[phase])
  }
  return bar
}
