import { displayWidth } from '../formats/display-width.ts'
import type { PipelineStatistics, StageStatistics } from '../statistics.ts'
import { type Column, layOutToFit } from './columns.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import { printableLine, truncate } from './printable.ts'
import { stageTones } from './stage-tones.ts'
import type { Tone } from './terminal.ts'
import { renderTimeBar, timeBarHeading } from './time-bar.ts'
import { describeWaiting, knownShares } from './waiting.ts'

/** A line of the view, cut to the width of the terminal, and how it is meant. */
export interface ViewLine {
  readonly text: string
  /** What is said in its place where that is too long, the longest first. */
  readonly shorter?: readonly string[]
  readonly tone: Tone
}

/** How much room the view has, in cells and lines. */
export interface ViewSize {
  readonly width: number
  readonly height: number
}

const state: Column = { heading: 'state', alignment: 'left', rank: 3 }
const columns: readonly Column[] = [
  { heading: 'stage', alignment: 'left', enough: 16 },
  { heading: 'actors', alignment: 'right', rank: 1 },
  state,
  { heading: 'items in', alignment: 'right', rank: 5 },
  { heading: 'items out', alignment: 'right', rank: 2 },
  { heading: 'in/s', alignment: 'right' },
  { heading: timeBarHeading, alignment: 'left', rank: 4 },
  { heading: '', alignment: 'left', enough: 20 },
]

/**
 * What the live view shows: the pipeline and its clock, the heading of the columns, a row for each stage, and what holds it up.
 * Where the stages need more lines than there are, the first of them are shown, and how many are not.
 */
export function renderLiveView(
  statistics: PipelineStatistics,
  rates: ReadonlyMap<string, number>,
  size: ViewSize,
  holdUp: ViewLine,
): ViewLine[] {
  const { pipeline, elapsedMs, stages } = statistics
  const [heading = '', ...texts] = layOutToFit(columns, size.width, (left) =>
    stages.map((stage) => cellsOf(stage, rates.get(stage.name) ?? 0, left.includes(state))),
  )
  const lines: ViewLine[] = [
    { text: `${printableLine(pipeline)}  ${formatDuration(elapsedMs)}`, tone: 'strong' },
    { text: heading, tone: 'faint' },
    ...texts.map((text, index) => ({ text, tone: stageTones[stages[index]?.state ?? 'running'] })),
  ]
  // There in any case: a view that grows and shrinks by a line makes what is above it jump.
  const room = Math.max(0, size.height - 1)
  const shown = [...cutLines(lines, room).slice(0, room), holdUp].slice(0, size.height)
  return shown.map((line) => fitLine(line, size.width))
}

/** So many lines as there is room for, the last of which says how many are missing, if any are. */
export function cutLines(lines: readonly ViewLine[], room: number): ViewLine[] {
  if (lines.length <= room) return [...lines]
  const shownCount = Math.max(0, room - 1)
  return [...lines.slice(0, shownCount), { text: `… ${lines.length - shownCount} more`, tone: 'faint' }]
}

/** The line, or the first of the shorter ones that fits; where none does, the last is cut. */
export function fitLine({ text, shorter = [], tone }: ViewLine, width: number): ViewLine {
  const texts = [text, ...shorter]
  const fitting = texts.find((each) => displayWidth(each) <= width) ?? texts.at(-1) ?? ''
  return { text: truncate(fitting, width), tone }
}

/** What a stage is at: whom it waits for or, where that is shown nowhere else, that it does not run. */
export function describeDoing(stage: StageStatistics, hasState: boolean): string {
  return hasState || stage.state === 'running' ? describeWaiting(stage) : stage.state
}

function cellsOf(stage: StageStatistics, rate: number, hasState: boolean): string[] {
  const shares = stage.state === 'running' ? knownShares(stage) : undefined
  return [
    printableLine(stage.name),
    String(stage.actors),
    stage.state,
    formatCount(stage.itemsIn),
    formatCount(stage.itemsOut),
    stage.state === 'running' ? formatRate(rate) : '',
    shares === undefined ? '' : renderTimeBar(shares),
    describeDoing(stage, hasState),
  ]
}
