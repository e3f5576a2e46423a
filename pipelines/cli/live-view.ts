import type { PipelineStatistics, StageStatistics } from '../statistics.ts'
import { layOutColumns } from './columns.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import { printableLine, truncate } from './printable.ts'
import { stageTones } from './stage-tones.ts'
import type { Tone } from './terminal.ts'
import { renderTimeBar, timeBarHeading } from './time-bar.ts'
import { describeWaiting, knownShares } from './waiting.ts'

/** A line of the view, cut to the width of the terminal, and how it is meant. */
export interface ViewLine {
  readonly text: string
  readonly tone: Tone
}

/** How much room the view has, in cells and lines. */
export interface ViewSize {
  readonly width: number
  readonly height: number
}

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
  const rows = stages.map((stage) => cellsOf(stage, rates.get(stage.name) ?? 0))
  const [heading = '', ...texts] = layOutColumns(
    [['stage', 'actors', 'state', 'items in', 'items out', 'in/s', timeBarHeading, ''], ...rows],
    ['left', 'right', 'left', 'right', 'right', 'right', 'left', 'left'],
  )
  const lines: ViewLine[] = [
    { text: `${printableLine(pipeline)}  ${formatDuration(elapsedMs)}`, tone: 'strong' },
    { text: heading, tone: 'faint' },
    ...texts.map((text, index) => ({ text, tone: stageTones[stages[index]?.state ?? 'running'] })),
  ]
  // There in any case: a view that grows and shrinks by a line makes what is above it jump.
  const room = Math.max(0, size.height - 1)
  if (lines.length > room) {
    const hidden = lines.length - Math.max(0, room - 1)
    lines.splice(Math.max(0, room - 1), hidden, { text: `… ${hidden} more`, tone: 'faint' })
  }
  const shown = [...lines.slice(0, room), holdUp].slice(0, size.height)
  return shown.map(({ text, tone }) => ({ text: truncate(text, size.width), tone }))
}

function cellsOf(stage: StageStatistics, rate: number): string[] {
  const shares = stage.state === 'running' ? knownShares(stage) : undefined
  return [
    printableLine(stage.name),
    String(stage.actors),
    stage.state,
    formatCount(stage.itemsIn),
    formatCount(stage.itemsOut),
    stage.state === 'running' ? formatRate(rate) : '',
    shares === undefined ? '' : renderTimeBar(shares),
    describeWaiting(stage),
  ]
}
