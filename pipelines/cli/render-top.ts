import { edgesOf } from '../stage-edges.ts'
import type { ActorStatistics, StageStatistics } from '../statistics.ts'
import { type Alignment, layOutColumns } from './columns.ts'
import { formatShare } from './describe-bottleneck.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import type { FollowedPipeline } from './followed-pipelines.ts'
import { describeHoldUp } from './hold-up.ts'
import type { ViewLine, ViewSize } from './live-view.ts'
import { printableLine, truncate } from './printable.ts'
import { stageTones } from './stage-tones.ts'
import { renderTimeBar, timeBarHeading } from './time-bar.ts'
import { describeActorWaiting, describeWaiting } from './waiting.ts'

/** What `flow top` shows at a moment. */
export interface TopPicture {
  readonly pipelines: readonly FollowedPipeline[]
  /** Which of them is shown; undefined where there is none. */
  readonly chosen: FollowedPipeline | undefined
  /** What is said where there is none. */
  readonly none: string
  /** Lines about the other actors, below a heading of their own. */
  readonly others: readonly string[]
  readonly stallAfterMs: number
  /** What keys do, where there are keys. */
  readonly keys?: string
}

const columns: readonly (readonly [heading: string, alignment: Alignment])[] = [
  ['stage', 'left'],
  ['actors', 'right'],
  ['state', 'left'],
  ['items in', 'right'],
  ['items out', 'right'],
  ['queued', 'right'],
  ['in/s', 'right'],
  ['out/s', 'right'],
  [timeBarHeading, 'left'],
  ['busy', 'right'],
  ['blocked', 'right'],
  ['', 'left'],
]

/**
 * The picture as lines that fit: the pipelines by number, the stages of the chosen one and, where there is room, each actor of
 * those that have several; what holds it up; and the other actors.
 */
export function renderTop(picture: TopPicture, size: ViewSize): ViewLine[] {
  const { chosen, others, keys, none } = picture
  const below: ViewLine[] = keys === undefined ? [] : [{ text: keys, tone: 'faint' }]
  const head = headOf(picture)
  if (chosen?.statistics === undefined || chosen.plan === undefined) {
    const text = chosen === undefined ? none : `${printableLine(chosen.found.name)} has not answered yet`
    return fit([...head, { text, tone: 'faint' }, ...othersOf(others)], below, size)
  }
  const { statistics, plan, rates, found } = chosen
  const where =
    found.registration === undefined ? '' : `  ${found.registration.host}, process ${found.registration.pid}`
  const holdUp = describeHoldUp(statistics, edgesOf(plan), { stallAfterMs: picture.stallAfterMs })
  const title: ViewLine = {
    text: `${printableLine(statistics.pipeline)}  ${formatDuration(statistics.elapsedMs)}${printableLine(where)}`,
    tone: 'strong',
  }
  const rows = (withActors: boolean) => [title, ...tableOf(statistics.stages, rates, withActors), holdUp]
  const whole = [...head, ...rows(true), ...othersOf(others)]
  if (whole.length + below.length <= size.height) return fit(whole, below, size)
  return fit([...head, ...rows(false), ...othersOf(others)], below, size)
}

/** All pipelines by number, the chosen one in brackets; nothing where there is no choice. */
function headOf({ pipelines, chosen }: TopPicture): ViewLine[] {
  if (pipelines.length < 2) return []
  const names = pipelines.map((pipeline, index) => {
    const text = `${index + 1} ${printableLine(pipeline.found.name)}`
    return pipeline === chosen ? `[${text}]` : ` ${text} `
  })
  return [{ text: names.join(' '), tone: 'plain' }]
}

function tableOf(
  stages: readonly StageStatistics[],
  rates: FollowedPipeline['rates'],
  withActors: boolean,
): ViewLine[] {
  const rows = stages.flatMap((stage) => {
    const actors = withActors && stage.perActor.length > 1 ? stage.perActor : []
    return [
      { cells: stageCells(stage, rates), tone: stageTones[stage.state] },
      ...actors.map((actor) => ({ cells: actorCells(actor, stage), tone: 'faint' as const })),
    ]
  })
  const [heading = '', ...texts] = layOutColumns(
    [columns.map(([text]) => text), ...rows.map(({ cells }) => cells)],
    columns.map(([, alignment]) => alignment),
  )
  return [
    { text: heading, tone: 'faint' },
    ...texts.map((text, index): ViewLine => ({ text, tone: rows[index]?.tone ?? 'plain' })),
  ]
}

function stageCells(stage: StageStatistics, rates: FollowedPipeline['rates']): string[] {
  const isRunning = stage.state === 'running'
  return [
    printableLine(stage.name),
    String(stage.actors),
    stage.state,
    formatCount(stage.itemsIn),
    formatCount(stage.itemsOut),
    isRunning ? formatCount(stage.queuedCount) : '',
    isRunning ? formatRate(rates.in.get(stage.name) ?? 0) : '',
    isRunning ? formatRate(rates.out.get(stage.name) ?? 0) : '',
    ...(isRunning ? shareCells(stage.recent) : ['', '', '']),
    describeWaiting(stage),
  ]
}

function actorCells(actor: ActorStatistics, stage: StageStatistics): string[] {
  const isRunning = stage.state === 'running' && actor.done !== true
  return [
    `  ${printableLine(actor.name)}`,
    '',
    actor.done === true ? 'done' : '',
    formatCount(actor.itemsIn),
    formatCount(actor.itemsOut),
    isRunning ? formatCount(actor.queuedCount) : '',
    '',
    '',
    ...(isRunning ? shareCells(actor.recent) : ['', '', '']),
    isRunning ? describeActorWaiting(actor, stage.name) : '',
  ]
}

function shareCells(shares: StageStatistics['recent']): string[] {
  return [renderTimeBar(shares), formatShare(shares.busy), formatShare(shares.blocked)]
}

function othersOf(lines: readonly string[]): ViewLine[] {
  if (lines.length === 0) return []
  return [
    { text: '', tone: 'plain' },
    ...lines.map((text, index): ViewLine => ({ text, tone: index === 0 ? 'faint' : 'plain' })),
  ]
}

function fit(lines: readonly ViewLine[], below: readonly ViewLine[], { width, height }: ViewSize): ViewLine[] {
  const room = Math.max(0, height - below.length)
  const hidden = lines.length - Math.max(0, room - 1)
  const shown =
    lines.length <= room
      ? lines
      : [...lines.slice(0, Math.max(0, room - 1)), { text: `… ${hidden} more`, tone: 'faint' as const }]
  return [...shown, ...below].slice(0, height).map(({ text, tone }) => ({ text: truncate(text, width), tone }))
}
