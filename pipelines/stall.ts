import type { ActorStatistics, PipelineStatistics } from './statistics.ts'

/** Why nothing moves in a pipeline. */
export interface Stall {
  /** For how long nothing has gone in or out of any stage that runs. */
  readonly stalledMs: number
  /** Each of the actors that wait, and whom for: a sentence without a beginning. */
  readonly because: string
}

/** For how long a pipeline has made no progress, and what its actors wait for meanwhile. */
export function describeStall({ stages, elapsedMs }: PipelineStatistics): Stall {
  const running = stages.filter(({ state }) => state === 'running')
  const stalledMs = Math.min(elapsedMs, ...running.map(({ lastProgressMs }) => lastProgressMs))
  const reasons = running.flatMap(({ perActor }) => perActor.map(describeActor)).filter((text) => text !== undefined)
  return { stalledMs, because: reasons.join('; ') || 'no actor waits for anything' }
}

function describeActor({ name, waiting, silentMs }: ActorStatistics): string | undefined {
  if (silentMs !== undefined) return `${name} has not answered for ${seconds(silentMs)}`
  if (waiting === undefined) return undefined
  const { on, stages, reason, sinceMs } = waiting
  const whom = stages.join(', ') || (on === 'input' ? 'its source' : 'its sink')
  const what = reason === undefined ? whom : `${whom}: ${reason}`
  return on === 'input' ? `${name} waits for ${what}` : `${name} has been blocked for ${seconds(sinceMs)} by ${what}`
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`
}
