import type { ActorStatistics, StageStatistics, Waiting } from '../statistics.ts'
import { formatDuration } from './figures.ts'
import { printableLine } from './printable.ts'

/** Whom a stage waits for, in words; empty while it works. */
export function describeWaiting(stage: StageStatistics): string {
  return stage.state !== 'running' || stage.waiting === undefined ? '' : describe(stage.waiting, stage.name)
}

/** Whom an actor waits for, and for how long if that is long; that it does not answer; or nothing. */
export function describeActorWaiting({ waiting, silentMs }: ActorStatistics, stage: string): string {
  if (silentMs !== undefined) return `does not answer for ${formatDuration(silentMs)}`
  if (waiting === undefined) return ''
  const text = describe(waiting, stage)
  return waiting.sinceMs >= 1_000 ? `${text} for ${formatDuration(waiting.sinceMs)}` : text
}

function describe({ on, stages }: Waiting, stage: string): string {
  const others = stages.filter((name) => name !== stage).map(printableLine)
  if (on === 'input') return `waits for ${others.length === 0 ? 'its source' : others.join(', ')}`
  return `blocked by ${others.length === 0 ? 'its sink' : others.join(', ')}`
}
