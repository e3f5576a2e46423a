import type { PipelineStatistics, StageStatistics } from '../../../pipelines/statistics.ts'

/** Figures of a pipeline called `count`, with what the test does not care about filled in. */
export function statisticsOf(elapsedMs: number, ...stages: Partial<StageStatistics>[]): PipelineStatistics {
  return {
    pipeline: 'count',
    elapsedMs,
    stages: stages.map((stage) => ({
      name: 'lines',
      actors: 1,
      state: 'running',
      itemsIn: 0,
      itemsOut: 0,
      time: { idle: 1, busy: 0, blocked: 0 },
      recent: { idle: 1, busy: 0, blocked: 0 },
      lastProgressMs: elapsedMs,
      queuedCount: 0,
      perActor: [],
      ...stage,
    })),
  }
}
