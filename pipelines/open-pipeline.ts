import {
  type AttachedModule,
  ambientRuntime,
  ContextCancelledError,
  currentActor,
  type LogSettings,
  type TlsOptions,
  UsageError,
} from '../engine/index.ts'
import { openRoot } from '../registry/index.ts'
import type { Pipeline } from './pipeline.ts'
import { PipelineControl, pipelineCapability } from './pipeline-control.ts'
import { PipelineRun } from './pipeline-run.ts'
import type { Plan } from './plan.ts'
import { planFile, planObject } from './plan-document.ts'

export interface OpenPipelineOptions {
  /** Modules that every actor of the pipeline attaches: tracing, for example. Only where this makes the root. */
  readonly attach?: readonly AttachedModule[]
  /** One log of all that its actors say, on stderr: see the `log` option of `run`. Only where this makes the root. */
  readonly log?: LogSettings
  /**
   * Where the registry is, as `openRoot` has it: `redis://…`, `unix:/path`, `tcp://host:port`; by default `FLOW_REGISTRY`, else in
   * this program. Only where this makes the root.
   */
  readonly registry?: string
  /** Certificates for TCP: both ends show one, and both check the other's. PEM. Only where this makes the root. */
  readonly tls?: TlsOptions
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
    for (const [option, advice] of Object.entries(rootOptions)) {
      if (options[option as keyof typeof rootOptions] === undefined) continue
      throw new UsageError(`${advice}: this program is an actor already`)
    }
    return await start(plan, new PipelineControl())
  }
  const { attach, log, registry, tls } = options
  const control = new PipelineControl()
  const root = await openRoot({
    name: plan.name,
    pipeline: plan.name,
    definition: control.definition,
    capabilities: { [pipelineCapability]: plan.name },
    ...(attach && { attach }),
    ...(log && { log }),
    ...(registry !== undefined && { registry }),
    ...(tls && { tls }),
  })
  return await start(plan, control, () => root.close())
}

/** What only a root has, and what to do where there is one. */
const rootOptions = {
  attach: 'attach modules to the root',
  log: 'give the root its log',
  registry: 'name the registry to the root',
  tls: 'give certificates to the root',
} as const

async function planOf(document: string | object, options: OpenPipelineOptions): Promise<Plan> {
  if (isPlan(document)) return document
  const { environment, requireSinks = false } = options
  const planOptions = { requireSinks, ...(environment && { environment }) }
  return typeof document === 'string' ? await planFile(document, planOptions) : planObject(document, planOptions)
}

function isPlan(document: string | object): document is Plan {
  return typeof document === 'object' && 'stages' in document && Array.isArray(document.stages)
}

async function start(plan: Plan, control: PipelineControl, close?: () => Promise<void>): Promise<Pipeline> {
  const { name, id } = currentActor()
  const cancelledBy = (reason: string) => new ContextCancelledError({ name, id }, reason)
  const run = new PipelineRun(plan, { control, cancelledBy, close })
  await run.ready
  return run
}
