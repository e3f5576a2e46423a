import { hostname } from 'node:os'
import { type Definition, type Functions, interruptible, sleep, withSignal } from '../engine/index.ts'
import type { Pipeline } from './pipeline.ts'
import type { PipelineEnding } from './pipeline-ending.ts'
import type { Plan } from './plan.ts'
import type { PipelineStatistics } from './statistics.ts'

/** By this capability, which has the pipeline's name as its value, others tell the actor that answers for a pipeline. */
export const pipelineCapability = 'pipeline'

/** How often those who watch are told. */
export const reportEveryMs = 500
/** How long those who watch have to take the last figures: nobody who reads no more holds up the end of a run. */
const farewellMs = 500

/** What a pipeline says to those who watch it. */
export interface PipelineReport extends PipelineStatistics {
  /** Where it has ended: these figures are its last. */
  readonly ending?: PipelineEnding
}

/** Which process it is that answers for a pipeline. */
export interface PipelinePlace {
  /** The name of the host. */
  readonly host: string
  readonly pid: number
}

/** What others may ask of a running pipeline, in the actor that answers for it. */
export type PipelineQuestions = Functions & {
  pipelinePlan(): Promise<Plan>
  pipelinePlace(): PipelinePlace
  watchPipeline(): AsyncIterable<PipelineReport>
}

type Watched = Pick<Pipeline, 'plan' | 'statistics'>

/**
 * Answers for a pipeline, also before that has begun: with its plan, its process, and with its figures about twice a second, from
 * when somebody asks until the pipeline has ended; the last ones say how. Nothing runs while nobody asks. It belongs to the run,
 * which says when it has ended.
 */
export class PipelineControl {
  /** Of the actor in which it does so. */
  readonly definition: Definition<PipelineQuestions>
  readonly #pipeline = Promise.withResolvers<Watched>()
  readonly #watches = new Set<Promise<void>>()
  readonly #over = new AbortController()
  #ending: PipelineEnding | undefined

  constructor() {
    const functions = {
      pipelinePlan: () => this.#plan(),
      pipelinePlace: () => ({ host: hostname(), pid: process.pid }),
      watchPipeline: () => this.#watch(),
    }
    this.definition = { kind: 'actorflow.definition', url: import.meta.url, functions }
  }

  /** It is this one. */
  begin(pipeline: Watched): void {
    this.#pipeline.resolve(pipeline)
  }

  /** The pipeline has ended: waits until all who watch have been told how, but no longer than a moment. Never throws. */
  async end(ending: PipelineEnding): Promise<void> {
    this.#ending = ending
    this.#over.abort(new Error('the pipeline has ended'))
    if (this.#watches.size === 0) return
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, farewellMs)
    await Promise.race([Promise.all(this.#watches), late])
    clearTimeout(timer)
  }

  async #plan(): Promise<Plan> {
    const { plan } = await interruptible(this.#pipeline.promise)
    return plan
  }

  async *#watch(): AsyncGenerator<PipelineReport> {
    const { promise: over, resolve } = Promise.withResolvers<void>()
    this.#watches.add(over)
    try {
      const run = await interruptible(this.#pipeline.promise)
      while (this.#ending === undefined) {
        yield run.statistics()
        await withSignal(this.#over.signal, () => sleep(reportEveryMs)).catch((error: unknown) => {
          if (!this.#over.signal.aborted) throw error
        })
      }
      yield { ...run.statistics(), ending: this.#ending }
    } finally {
      this.#watches.delete(over)
      resolve()
    }
  }
}
