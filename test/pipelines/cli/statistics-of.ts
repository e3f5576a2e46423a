import type { PipelineStatistics, StageStatistics } from '../../../pipelines/statistics.ts'

/** Figures of a pipeline called `count`, with what the test does not care about filled in. */
export function statisticsOf(elapsedMs: number, ...stages: Partial<StageStatistics>[]): PipelineStatistics {
  return { pipeline: 'count', elapsedMs, stages: stages.map((stage) => stageOf(elapsedMs, stage)) }
}

const idle = { idle: 1, busy: 0, blocked: 0 }

/** A stage with one actor, which has just said what it does. */
function stageOf(elapsedMs: number, given: Partial<StageStatistics>): StageStatistics {
  const stage = { name: 'lines', itemsIn: 0, itemsOut: 0, time: idle, recent: idle, queuedCount: 0, ...given }
  const { name, itemsIn, itemsOut, time, recent, queuedCount } = stage
  const counts = { itemsIn, itemsOut, time, recent, queuedCount }
  const actor = { name: `${name}#1`, ...counts, measuredMs: elapsedMs, lastProgressMs: 0 }
  return { actors: 1, state: 'running', lastProgressMs: elapsedMs, perActor: [actor], ...stage }
}
