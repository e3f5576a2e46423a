import { type Followed, startActivity, withinActivity } from '../engine/index.ts'
import type { Plan } from './plan.ts'
import type { PipelineStatistics } from './statistics.ts'

/** The run of a pipeline, for whoever traces: one span, from before the first actor is started to the end of the last. */
export class RunTrace {
  readonly #followed: Followed | undefined

  constructor({ name, stages }: Plan) {
    const names = stages.map((stage) => stage.name)
    this.#followed = startActivity({ kind: 'pipeline', name, stages: names, startedMs: performance.now() })
  }

  /** Undefined if the run is not followed. */
  get traceId(): string | undefined {
    return this.#followed?.traceId
  }

  /** Runs what the spans inside are children of. */
  within<T>(fn: () => Promise<T>): Promise<T> {
    return withinActivity(this.#followed, fn)
  }

  event(name: 'ready' | 'drain' | 'cancel'): void {
    this.#followed?.event(name)
  }

  ended({ stages }: PipelineStatistics, how: { readonly error?: unknown; readonly cancelled?: boolean }): void {
    for (const { name, state, itemsIn, itemsOut } of stages) {
      this.#followed?.event('stage', { stage: name, state, itemsIn, itemsOut })
    }
    this.#followed?.ended(how)
  }
}
