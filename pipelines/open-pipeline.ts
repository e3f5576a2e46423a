import {
  type AttachedModule,
  ambientRuntime,
  ContextCancelledError,
  currentActor,
  type LogSettings,
  UsageError,
} from '../engine/index.ts'
import { openRoot } from '../registry/index.ts'
import type { Pipeline } from './pipeline.ts'
import { PipelineRun } from './pipeline-run.ts'
import type { Plan } from './plan.ts'
import { planFile, planObject } from './plan-document.ts'

export interface OpenPipelineOptions {
  /** Modules that every actor of the pipeline attaches: tracing, for example. Only where this makes the root. */
  readonly attach?: readonly AttachedModule[]
  /** One log of all that its actors say, on stderr: see the `log` option of `run`. Only where this makes the root. */
  readonly log?: LogSettings
  /** Whether a stage without sink and without readers is a problem of the document; false unless asked for. */
  readonly requireSinks?: boolean
  /** Where `${VAR}` is looked up; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Checks a pipeline document (a path, a document as an object, or a plan made before), starts its actors and lets it
 * flow. Resolves when every stage is ready, before the first item. Throws `PipelineSpecError` with all problems, or
 * `StageError` when a stage cannot start; nothing is left then. In a program that is no actor yet, this makes it the root
 * of a tree for as long as the pipeline runs.
 */
export async function openPipeline(document: string | object, options: OpenPipelineOptions = {}): Promise<Pipeline> {
  const plan = await planOf(document, options)
  if (ambientRuntime() !== undefined) {
    if (options.attach !== undefined)
      throw new UsageError('attach modules to the root: this program is an actor already')
    if (options.log !== undefined) throw new UsageError('give the root its log: this program is an actor already')
    return await start(plan)
  }
  const { attach, log } = options
  const root = await openRoot({ name: 'flow', ...(attach && { attach }), ...(log && { log }) })
  return await start(plan, () => root.close())
}

async function planOf(document: string | object, options: OpenPipelineOptions): Promise<Plan> {
  if (isPlan(document)) return document
  const { environment, requireSinks = false } = options
  const planOptions = { requireSinks, ...(environment && { environment }) }
  return typeof document === 'string' ? await planFile(document, planOptions) : planObject(document, planOptions)
}

function isPlan(document: string | object): document is Plan {
  return typeof document === 'object' && 'stages' in document && Array.isArray(document.stages)
}

async function start(plan: Plan, close?: () => Promise<void>): Promise<Pipeline> {
  const { name, id } = currentActor()
  const run = new PipelineRun(plan, (reason) => new ContextCancelledError({ name, id }, reason), close)
  await run.ready
  return run
}
