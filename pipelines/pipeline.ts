import type { Plan } from './plan.ts'
import type { PipelineStatistics } from './statistics.ts'

/** A running pipeline. Its owner is whoever opened it; disposing it cancels what still runs and waits for its end. */
export interface Pipeline extends AsyncDisposable {
  readonly plan: Plan
  /** The ids of the processes that run its stages, in the order of the plan. */
  readonly processIds: readonly number[]
  /** The id of the trace of the run itself, in hex; undefined where that is not followed. Each item has a trace of its own. */
  readonly traceId: string | undefined
  /**
   * Resolves when every stage is done; rejects with `StageError` when one failed, and with `ContextCancelledError` when
   * it was cancelled. By then no process of it is left.
   */
  readonly result: Promise<PipelineStatistics>
  /**
   * The output of a stage, item by item. Asked for before the pipeline's first item flows (right after `openPipeline`) it
   * has all of them; later, those from then on. The reader is a consumer like any other: the stage waits for it.
   */
  stream<T = unknown>(stage: string): AsyncIterableIterator<T>
  statistics(): PipelineStatistics
  /** Stops the sources; what is in flight is finished. Resolves when all is done. */
  drain(): Promise<void>
  /** Stops everything; the `finally` of every stage runs. Resolves when all has ended. */
  cancel(reason?: string): Promise<void>
  /** Kills every process of the pipeline at once. */
  kill(): void
}
