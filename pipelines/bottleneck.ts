import type { StageEdge } from './stage-edges.ts'
import type { PipelineStatistics, StageState, StageStatistics, TimeShares } from './statistics.ts'

/** The stage that sets the pace of its pipeline, and who waits for it. */
export interface Bottleneck {
  readonly stage: string
  /** What in it is slow: its own work, what its source reads, or what its sink writes to; `silent` if none of its actors answers. */
  readonly kind: 'work' | 'source' | 'sink' | 'silent'
  /** The share of its time that it spent so, from 0 to 1. */
  readonly share: number
  /** The stages beside it that wait for it, those before it first: for how much of their time. */
  readonly waiters: readonly Waiter[]
}

/** A stage that waits for another one. */
export interface Waiter {
  readonly stage: string
  /** Whether it waits for items of the other, or for it to take some. */
  readonly on: 'input' | 'output'
  readonly share: number
}

/** A stage that sets the pace does so for most of the time; below this share, the stages take turns. */
const leastShare = 0.5
/** Shares that differ by less are as good as equal. */
const alike = 0.05
/** A wait that is worth a word. */
const leastWait = 0.1

const flowing: ReadonlySet<StageState> = new Set(['running', 'done', 'cancelled'])

/**
 * The stage that is at work while those before it are blocked and those behind it are idle; undefined where none is for most
 * of the time, and in a pipeline of one stage. For a stage with a source, waiting for that counts as its own work, and so does
 * waiting for its sink: nobody else in the pipeline can mend it. Were it faster, the pipeline would be: so it is none from which
 * more comes than a stage behind it can take, whose queue may hold that for long before anybody is blocked. Goes by the whole
 * run (`time`) or by its last second (`recent`), in which only stages count that still run.
 */
export function findBottleneck(
  statistics: PipelineStatistics,
  edges: readonly StageEdge[],
  over: 'time' | 'recent',
): Bottleneck | undefined {
  const stages = statistics.stages.filter(({ state }) => (over === 'recent' ? state === 'running' : flowing.has(state)))
  // A stage that is alone is what there is to wait for.
  if (statistics.stages.length < 2) return undefined
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const slow = stages
    .map((stage): Bottleneck => {
      const [kind, share] = largestOf(ownShares(stage, edges, over))
      return { stage: stage.name, kind, share, waiters: waitersOf(stage, byName, edges, over) }
    })
    .filter(({ share }) => share >= leastShare)
  const late = slow.filter((each) => isLate(byName.get(each.stage), each, over))
  const paced = slow.filter(({ stage, kind }) => {
    const behind = stagesBehind(stage, edges)
    // A source that waits has time left: it is kept up with, or it is not the one.
    return !late.some(
      (each) => behind.has(each.stage) && (kind === 'source' || byName.get(each.stage)?.queuedCount !== 0),
    )
  })
  const most = Math.max(...paced.map(({ share }) => share))
  // Of two that are as slow, it is the one for which the others wait.
  const found = paced.filter(({ share }) => share >= most - alike).sort((a, b) => weightOf(b) - weightOf(a))[0]
  return found && { ...found, waiters: found.waiters.filter(({ share }) => share >= leastWait) }
}

/** Whether it gets more than it can take: it never waits for items, or more of them wait for it than it has taken. */
function isLate(stage: StageStatistics | undefined, { kind }: Bottleneck, over: 'time' | 'recent'): boolean {
  if (stage === undefined || kind === 'source') return false
  return stage[over].idle < alike || stage.queuedCount > stage.itemsIn
}

/** Those that it feeds, directly or through others. */
function stagesBehind(name: string, edges: readonly StageEdge[], found: Set<string> = new Set()): ReadonlySet<string> {
  for (const { from, to } of edges) {
    if (from !== name || found.has(to)) continue
    found.add(to)
    stagesBehind(to, edges, found)
  }
  return found
}

/** How much of its time a stage is slow by itself, and by what. */
function ownShares(
  { name, perActor, ...stage }: StageStatistics,
  edges: readonly StageEdge[],
  over: 'time' | 'recent',
) {
  const { busy, idle, blocked }: TimeShares = stage[over]
  const isSource = !edges.some(({ to }) => to === name)
  const isSink = !edges.some(({ from }) => from === name)
  const isSilent = over === 'recent' && perActor.length > 0 && perActor.every(({ silentMs }) => silentMs !== undefined)
  return {
    work: isSilent ? 0 : busy,
    silent: isSilent ? busy : 0,
    source: isSource ? idle : 0,
    sink: isSink ? blocked : 0,
  }
}

function largestOf(shares: Readonly<Record<Bottleneck['kind'], number>>): [Bottleneck['kind'], number] {
  const entries = Object.entries(shares) as [Bottleneck['kind'], number][]
  return entries.reduce((largest, each) => (each[1] > largest[1] ? each : largest))
}

function waitersOf(
  { name }: StageStatistics,
  byName: ReadonlyMap<string, StageStatistics>,
  edges: readonly StageEdge[],
  over: 'time' | 'recent',
): Waiter[] {
  const before = new Set(edges.filter(({ to }) => to === name).map(({ from }) => from))
  const behind = new Set(edges.filter(({ from }) => from === name).map(({ to }) => to))
  return [
    ...[...before].flatMap((stage): Waiter[] => {
      const other = byName.get(stage)
      return other === undefined ? [] : [{ stage, on: 'output', share: other[over].blocked }]
    }),
    ...[...behind].flatMap((stage): Waiter[] => {
      const other = byName.get(stage)
      return other === undefined ? [] : [{ stage, on: 'input', share: other[over].idle }]
    }),
  ]
}

/** How much the others wait for it, in the mean; one for which nobody could wait is taken by its share. */
function weightOf({ share, waiters }: Bottleneck): number {
  return waiters.length === 0 ? share : waiters.reduce((sum, waiter) => sum + waiter.share, 0) / waiters.length
}
