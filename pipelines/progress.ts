import { describeStall } from './describe-stall.ts'
import { findStall } from './find-stall.ts'
import type { ActorStatistics, PipelineStatistics } from './statistics.ts'

/** Whether anything moves in a pipeline. */
export interface Progress {
  /** For how long nothing has gone in or out of any stage that runs. */
  readonly stalledMs: number
  /** What holds it up: who waits for whom, up to the cause; where no item is in hand, what each of the actors waits for. */
  readonly because: string
}

// Whoever waits for a shorter time than that may only just have begun to.
const stillAfterMs = 1_000

/** How a pipeline gets on. */
export function progressOf(statistics: PipelineStatistics): Progress {
  const running = statistics.stages.filter(({ state }) => state === 'running')
  const stalledMs = Math.min(statistics.elapsedMs, ...running.map(({ lastProgressMs }) => lastProgressMs))
  const stall = findStall(statistics, { afterMs: Math.min(stalledMs, stillAfterMs) })
  if (stall !== undefined) return { stalledMs, because: describeStall(stall) }
  const waits = running.flatMap(({ perActor }) => perActor.map(describeWait)).filter((text) => text !== undefined)
  return { stalledMs, because: waits.join('; ') || 'no actor waits for anything' }
}

function describeWait({ name, waiting, silentMs }: ActorStatistics): string | undefined {
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
