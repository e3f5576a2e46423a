import { meanShares } from '../figures-record.ts'
import type { ActorStatistics, StageStatistics, TimeShares, Waiting } from '../statistics.ts'
import { formatDuration } from './figures.ts'
import { printableLine } from './printable.ts'

/** Whom a stage waits for, or that none of its actors answers, in words; empty while it works. */
export function describeWaiting(stage: StageStatistics): string {
  if (stage.state !== 'running') return ''
  const { perActor } = stage
  const silentMs = Math.min(...perActor.map((actor) => actor.silentMs ?? 0))
  if (perActor.length > 0 && silentMs > 0) return describeSilence(silentMs)
  return stage.waiting === undefined ? '' : describe(stage.waiting, stage.name)
}

/**
 * What the actors of a stage that answer have done of late, in the mean; undefined if none does. The time of one that does not
 * counts as busy, which is a guess: one that was stopped does nothing.
 */
export function knownShares({ perActor, recent }: StageStatistics): TimeShares | undefined {
  if (perActor.every(({ silentMs }) => silentMs === undefined)) return recent
  const answering = perActor.filter(({ silentMs }) => silentMs === undefined)
  return answering.length === 0 ? undefined : meanShares(answering.map((actor) => actor.recent))
}

/** Whom an actor waits for, and for how long if that is long; that it does not answer; or nothing. */
export function describeActorWaiting({ waiting, silentMs }: ActorStatistics, stage: string): string {
  if (silentMs !== undefined) return describeSilence(silentMs)
  if (waiting === undefined) return ''
  const text = describe(waiting, stage)
  return waiting.sinceMs >= 1_000 ? `${text} for ${formatDuration(waiting.sinceMs)}` : text
}

function describeSilence(silentMs: number): string {
  return `does not answer for ${formatDuration(silentMs)}`
}

function describe({ on, stages }: Waiting, stage: string): string {
  const others = stages.filter((name) => name !== stage).map(printableLine)
  if (on === 'input') return `waits for ${others.length === 0 ? 'its source' : others.join(', ')}`
  return `blocked by ${others.length === 0 ? 'its sink' : others.join(', ')}`
}
