import { type Definition, type Functions, interruptible, sleep } from '../engine/index.ts'
import type { Pipeline } from './pipeline.ts'
import type { Plan } from './plan.ts'
import type { PipelineStatistics } from './statistics.ts'

/** By this capability, which has the pipeline's name as its value, others tell the actor that answers for a pipeline. */
export const pipelineCapability = 'pipeline'

const reportEveryMs = 500

/** What others may ask of a running pipeline, in the actor that answers for it. */
export type PipelineControl = Functions & {
  pipelinePlan(): Promise<Plan>
  watchPipeline(): AsyncIterable<PipelineStatistics>
}

/**
 * The functions of the actor that answers for a pipeline: its plan, and its figures about twice a second, from when somebody asks
 * until the pipeline has ended. Nothing runs while nobody asks.
 */
export function pipelineControl(pipeline: Promise<Pick<Pipeline, 'plan' | 'statistics'>>): Definition<PipelineControl> {
  async function pipelinePlan(): Promise<Plan> {
    const { plan } = await interruptible(pipeline)
    return plan
  }

  async function* watchPipeline(): AsyncGenerator<PipelineStatistics> {
    const run = await interruptible(pipeline)
    for (;;) {
      yield run.statistics()
      await sleep(reportEveryMs)
    }
  }

  return { kind: 'actorflow.definition', url: import.meta.url, functions: { pipelinePlan, watchPipeline } }
}
