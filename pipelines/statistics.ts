/** What one stage is doing. */
export type StageState = 'starting' | 'running' | 'done' | 'failed' | 'cancelled'

/** One stage's figures, summed over its actors. */
export interface StageStatistics {
  readonly name: string
  readonly actors: number
  readonly state: StageState
  /** Items taken in from other stages, or from the source. */
  readonly itemsIn: number
  /** Items handed on to other stages, or to the sink. */
  readonly itemsOut: number
  /**
   * Whom the stage waits for at this moment: `input` for items of those stages (or its own source), `output` for those
   * stages (or its own sink) to take items. Undefined while it works.
   */
  readonly waiting?: { readonly on: 'input' | 'output'; readonly stages: readonly string[] }
}

/** The figures of a running or finished pipeline. */
export interface PipelineStatistics {
  readonly pipeline: string
  readonly elapsedMs: number
  /** In topological order. */
  readonly stages: readonly StageStatistics[]
}
