import { displayWidth } from '../formats/display-width.ts'
import { type PipelineReport, reportEveryMs } from '../pipeline-control.ts'
import type { Plan } from '../plan.ts'
import { edgesOf } from '../stage-edges.ts'
import type { ActorStatistics, StageStatistics, TimeShares } from '../statistics.ts'
import { type Column, layOutToFit } from './columns.ts'
import { formatShare } from './describe-bottleneck.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import type { FollowedPipeline } from './followed-pipelines.ts'
import { describeHoldUp } from './hold-up.ts'
import { cutLines, describeDoing, fitLine, type ViewLine, type ViewSize } from './live-view.ts'
import { printableLine } from './printable.ts'
import { stageTones } from './stage-tones.ts'
import { renderTimeBar, timeBarHeading } from './time-bar.ts'
import { describeActorWaiting, knownShares } from './waiting.ts'

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
  /** By the clock of `heardAtMs`. */
  readonly nowMs: number
  /** What keys do, where there are keys. */
  readonly keys?: string
}

/** A report or two may be late; after that, nobody knows what it does. */
const silentAfterMs = 3 * reportEveryMs

const state: Column = { heading: 'state', alignment: 'left', rank: 5 }
const columns: readonly Column[] = [
  { heading: 'stage', alignment: 'left', enough: 16 },
  { heading: 'actors', alignment: 'right', rank: 2 },
  state,
  { heading: 'items in', alignment: 'right', rank: 7 },
  { heading: 'items out', alignment: 'right', rank: 4 },
  { heading: 'queued', alignment: 'right', rank: 6 },
  { heading: 'in/s', alignment: 'right' },
  { heading: 'out/s', alignment: 'right', rank: 3 },
  { heading: timeBarHeading, alignment: 'left', rank: 1 },
  { heading: 'busy', alignment: 'right', rank: 9 },
  { heading: 'blocked', alignment: 'right', rank: 8 },
  { heading: '', alignment: 'left', enough: 20 },
]

/**
 * The picture as lines that fit: the pipelines by number, the stages of the chosen one and, where there is room, each actor of
 * those that have several; what holds it up, or how it ended; and the other actors.
 */
export function renderTop(picture: TopPicture, size: ViewSize): ViewLine[] {
  const { chosen, others, keys, none } = picture
  const below: ViewLine[] = keys === undefined ? [] : [{ text: keys, tone: 'faint' }]
  const head = headOf(picture, size.width)
  if (chosen?.statistics === undefined || chosen.plan === undefined) {
    const text = chosen === undefined ? none : `${printableLine(chosen.found.name)} has not answered yet`
    return fit([...head, { text, tone: 'faint' }, ...othersOf(others)], below, size)
  }
  const { statistics, plan, rates, found } = chosen
  const { host, pid } = found.place
  const who = `${statistics.pipeline}  ${formatDuration(statistics.elapsedMs)}  ${host}, process ${pid}`
  const title: ViewLine = { text: printableLine(who), tone: 'strong' }
  const silentMs = picture.nowMs - chosen.heardAtMs
  const isFresh = statistics.ending !== undefined || (chosen.isGone !== true && silentMs <= silentAfterMs)
  const last: ViewLine = isFresh
    ? lastLineOf(statistics, plan, picture)
    : { text: describeSilence(chosen, silentMs), tone: 'bad' }
  const table = { stages: statistics.stages, rates, isFresh }
  const rows = (withActors: boolean) => [title, ...tableOf({ ...table, withActors }, size.width), last]
  const whole = [...head, ...rows(true), ...othersOf(others)]
  if (whole.length + below.length <= size.height) return fit(whole, below, size)
  return fit([...head, ...rows(false), ...othersOf(others)], below, size)
}

function describeSilence({ isGone, found: { place } }: FollowedPipeline, silentMs: number): string {
  const since = formatDuration(silentMs)
  if (isGone !== true) return `no figures for ${since}: process ${place.pid} does not answer`
  return `process ${place.pid} has gone without a word of how it ended; these are its last figures, ${since} old`
}

/** How it ended, or what holds it up. */
function lastLineOf({ ending, ...statistics }: PipelineReport, plan: Plan, { stallAfterMs }: TopPicture): ViewLine {
  switch (ending?.kind) {
    case undefined:
      return describeHoldUp(statistics, edgesOf(plan), { stallAfterMs })
    case 'failed':
      return { text: `failed: ${printableLine(ending.code)}`, tone: 'bad' }
    case 'done':
      return { text: 'done', tone: 'good' }
    case 'cancelled':
      return { text: 'cancelled', tone: 'faint' }
  }
}

/** All pipelines by number, the chosen one in brackets, and so many of those beside it as fit; nothing where there is no choice. */
function headOf({ pipelines, chosen }: TopPicture, width: number): ViewLine[] {
  if (pipelines.length < 2) return []
  const names = pipelines.map((pipeline, index) => {
    const how = pipeline.statistics?.ending?.kind ?? (pipeline.isGone === true ? 'gone' : undefined)
    const ended = how === undefined ? '' : `, ${how}`
    const text = printableLine(`${index + 1} ${labelOf(pipeline, pipelines)}${ended}`)
    return pipeline === chosen ? `[${text}]` : ` ${text} `
  })
  return [{ text: aroundOne(names, chosen === undefined ? 0 : pipelines.indexOf(chosen), width), tone: 'plain' }]
}

/** The texts in a line, without those that are furthest from one of them where there is no room; an ellipsis stands for these. */
function aroundOne(texts: readonly string[], one: number, width: number): string {
  let [first, last] = [0, texts.length - 1]
  const line = () =>
    [...(first > 0 ? ['…'] : []), ...texts.slice(first, last + 1), ...(last < texts.length - 1 ? ['…'] : [])].join(' ')
  while (displayWidth(line()) > width && first < last) {
    if (one - first > last - one) first += 1
    else last -= 1
  }
  return line()
}

/** Its name and, where others have that, too, what tells it from them. */
function labelOf({ found }: FollowedPipeline, all: readonly FollowedPipeline[]): string {
  const { name, id, place } = found
  const namesakes = all.filter((other) => other.found.name === name)
  if (namesakes.length === 1) return name
  const isAlone = namesakes.filter((other) => other.found.place.pid === place.pid).length === 1
  return isAlone ? `${name} (${place.pid})` : `${name} (${id})`
}

interface Table {
  readonly stages: readonly StageStatistics[]
  readonly rates: FollowedPipeline['rates']
  /** False for figures that are old: they do not say what is done at the moment. */
  readonly isFresh: boolean
  readonly withActors: boolean
}

function tableOf({ stages, rates, isFresh, withActors }: Table, width: number): ViewLine[] {
  const rows = stages.flatMap((stage) => {
    const actors = withActors && stage.perActor.length > 1 ? stage.perActor : []
    const isRunning = isFresh && stage.state === 'running'
    return [
      {
        cells: (hasState: boolean) => stageCells(stage, rates, isRunning, hasState),
        tone: isFresh ? stageTones[stage.state] : ('faint' as const),
      },
      ...actors.map((actor) => ({ cells: () => actorCells(actor, stage, isRunning), tone: 'faint' as const })),
    ]
  })
  const [heading = '', ...texts] = layOutToFit(columns, width, (left) =>
    rows.map(({ cells }) => cells(left.includes(state))),
  )
  return [
    { text: heading, tone: 'faint' },
    ...texts.map((text, index): ViewLine => ({ text, tone: rows[index]?.tone ?? 'plain' })),
  ]
}

function stageCells(
  stage: StageStatistics,
  rates: FollowedPipeline['rates'],
  isRunning: boolean,
  hasState: boolean,
): string[] {
  return [
    printableLine(stage.name),
    String(stage.actors),
    stage.state,
    formatCount(stage.itemsIn),
    formatCount(stage.itemsOut),
    isRunning ? formatCount(stage.queuedCount) : '',
    isRunning ? formatRate(rates.in.get(stage.name) ?? 0) : '',
    isRunning ? formatRate(rates.out.get(stage.name) ?? 0) : '',
    ...shareCells(isRunning ? knownShares(stage) : undefined),
    isRunning || stage.state !== 'running' ? describeDoing(stage, hasState) : '',
  ]
}

function actorCells(actor: ActorStatistics, stage: StageStatistics, stageRuns: boolean): string[] {
  const isRunning = stageRuns && actor.done !== true
  return [
    `  ${printableLine(actor.name)}`,
    '',
    actor.done === true ? 'done' : '',
    formatCount(actor.itemsIn),
    formatCount(actor.itemsOut),
    isRunning ? formatCount(actor.queuedCount) : '',
    '',
    '',
    ...shareCells(isRunning && actor.silentMs === undefined ? actor.recent : undefined),
    isRunning ? describeActorWaiting(actor, stage.name) : '',
  ]
}

function shareCells(shares: TimeShares | undefined): string[] {
  if (shares === undefined) return ['', '', '']
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
  const shown = cutLines(lines, Math.max(0, height - below.length))
  return [...shown, ...below].slice(0, height).map((line) => fitLine(line, width))
}
