export { sinks, sources } from './catalog.ts'
export type { OptionFields, SinkDefinition, SourceDefinition } from './definition.ts'
export { DrainTimeoutError, PipelineError, PipelineSpecError, StageError, type StageFailure } from './errors.ts'
export type { FunctionPlan, InlineFunctionPlan, ModuleFunctionPlan } from './function-plan.ts'
export type { UserFunction } from './inline-function.ts'
export { type BatchedInput, inputBatches } from './input-batches.ts'
export { loadExport, loadFunction } from './load-function.ts'
export { type OpenPipelineOptions, openPipeline } from './open-pipeline.ts'
export type { Pipeline } from './pipeline.ts'
export type {
  ArgumentFunction,
  BuiltinPlan,
  EndPlan,
  InputPlan,
  ModulePlan,
  Plan,
  StagePlan,
  StepPlan,
} from './plan.ts'
export { type PlanOptions, planFile, planObject, planText } from './plan-document.ts'
export { formatProblem, type Problem } from './problem.ts'
export { type ResolvedStep, resolveSteps } from './resolve-steps.ts'
export { type DropSinkOptions, openDropSink } from './sinks/drop.ts'
export { type FileSinkOptions, openFileSink } from './sinks/file.ts'
export { openStdoutSink, type StdoutSinkOptions } from './sinks/stdout.ts'
export { type FileSourceOptions, openFileSource } from './sources/file.ts'
export { type GenerateSourceOptions, openGenerateSource } from './sources/generate.ts'
export { openStdinSource, type StdinSourceOptions } from './sources/stdin.ts'
export { documentJsonSchema } from './spec.ts'
export type { StageContext } from './stage-context.ts'
export type {
  ActorStatistics,
  ActorWaiting,
  PipelineStatistics,
  StageState,
  StageStatistics,
  TimeShares,
  Waiting,
} from './statistics.ts'
export { type StepDefinition, steps } from './steps.ts'
