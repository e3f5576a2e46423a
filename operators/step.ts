import type { Rankable } from './largest-items.ts'
import { describeValue, requireCount, requireFunction } from './value-checks.ts'

/** One step of a kernel. Its functions are plain ones: an `async` function belongs to the item-wise operator of the same name. */
export type Step =
  | { kind: 'map'; fn: (item: any, index: number) => unknown }
  | { kind: 'filter'; fn: (item: any, index: number) => unknown }
  | { kind: 'flatMap'; fn: (item: any, index: number) => Iterable<unknown> }
  | { kind: 'take'; count: number }
  | { kind: 'skip'; count: number }
  | { kind: 'distinct'; by?: ((item: any) => unknown) | undefined }
  | { kind: 'batch'; count: number }
  | { kind: 'scan'; fn: (accumulator: any, item: any, index: number) => unknown; initial: unknown }
  | { kind: 'reduce'; fn: (accumulator: any, item: any, index: number) => unknown; initial: unknown }
  | { kind: 'countBy'; by: (item: any) => unknown }
  | { kind: 'sum'; of?: ((item: any) => number) | undefined }
  | { kind: 'topN'; count: number; by?: ((item: any) => Rankable) | undefined }

/** The name of a step, as pipeline documents write it. */
export type StepKind = Step['kind']

/** The user's function of a step, whatever the step calls it. */
export function functionOf(step: Step): ((...args: any[]) => unknown) | undefined {
  if ('fn' in step) return step.fn
  if ('by' in step) return step.by
  return 'of' in step ? step.of : undefined
}

/** Whether a step puts nothing out until its input has ended. */
export function waitsForTheEnd(step: Step): boolean {
  return step.kind === 'reduce' || step.kind === 'countBy' || step.kind === 'sum' || step.kind === 'topN'
}

/** @throws RangeError for an impossible count, TypeError for a missing function or an unknown kind; both name the step. */
export function checkStep(step: Step, stepIndex: number): void {
  const name = `step ${stepIndex} (${step.kind})`
  switch (step.kind) {
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'scan':
    case 'reduce':
      return requireFunction(name, 'fn', step.fn)
    case 'countBy':
      return requireFunction(name, 'by', step.by)
    case 'distinct':
      return step.by === undefined ? undefined : requireFunction(name, 'by', step.by)
    case 'sum':
      return step.of === undefined ? undefined : requireFunction(name, 'of', step.of)
    case 'take':
    case 'skip':
      return requireCount(name, step.count, 0)
    case 'batch':
      return requireCount(name, step.count, 1)
    case 'topN':
      if (step.by !== undefined) requireFunction(name, 'by', step.by)
      return requireCount(name, step.count, 0)
    default:
      step satisfies never
      throw new TypeError(`step ${stepIndex} is of no known kind: ${describeValue(step)}`)
  }
}
