import type { UserFunction } from './inline-function.ts'
import { loadFunction } from './load-function.ts'
import type { ArgumentFunction, StepOf, StepPlan } from './plan.ts'
import { replaceAt } from './replace-at.ts'

/** One step of a stage with its functions loaded: what a stage's actor runs. */
export type ResolvedStep =
  | StepOf<UserFunction>
  | ({ readonly location: string } & (
      | { readonly kind: 'use'; readonly fn: UserFunction; readonly with: unknown }
      | { readonly kind: 'ix'; readonly name: string; readonly args: readonly unknown[] }
    ))

/**
 * Loads the functions of a stage's steps: compiles the inline ones, imports the modules of the others, in order. Throws a
 * `PipelineError` that begins with the place in the document.
 */
export async function resolveSteps(steps: readonly StepPlan[]): Promise<ResolvedStep[]> {
  const resolved: ResolvedStep[] = []
  for (const step of steps) resolved.push(await resolveStep(step))
  return resolved
}

async function resolveStep(step: StepPlan): Promise<ResolvedStep> {
  switch (step.kind) {
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'scan':
    case 'reduce':
      return { ...step, fn: await loadFunction(step.fn) }
    case 'countBy':
      return { ...step, by: await loadFunction(step.by) }
    case 'distinct':
    case 'topN': {
      const { by, ...rest } = step
      return by === undefined ? rest : { ...rest, by: await loadFunction(by) }
    }
    case 'sum': {
      const { of, ...rest } = step
      return of === undefined ? rest : { ...rest, of: await loadFunction(of) }
    }
    case 'use':
      return { kind: 'use', location: step.location, fn: await loadFunction(step.module), with: step.with }
    case 'ix':
      return {
        kind: 'ix',
        location: step.location,
        name: step.name,
        args: await resolveArguments(step.args, step.functions),
      }
    case 'take':
    case 'skip':
    case 'batch':
    case 'merge':
      return step
  }
}

async function resolveArguments(args: readonly unknown[], functions: readonly ArgumentFunction[]): Promise<unknown[]> {
  const resolved = structuredClone(args) as unknown[]
  for (const { path, fn } of functions) replaceAt(resolved, path, await loadFunction(fn))
  return resolved
}
