import { basename, isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { displayPath } from '../../display-path.ts'
import type { FunctionPlan, ModuleFunctionPlan } from '../../function-plan.ts'
import type { EndPlan, StepPlan } from '../../plan.ts'

/** One step on one line, as a document has it: `countBy word => word`. */
export function describeStep(step: StepPlan, directory: string): string {
  const fn = (plan: FunctionPlan) => describeFunction(plan, directory)
  switch (step.kind) {
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'scan':
    case 'reduce':
      return `${step.kind} ${fn(step.fn)}`
    case 'take':
    case 'skip':
    case 'batch':
      return `${step.kind} ${step.count}`
    case 'distinct':
    case 'countBy':
      return step.by === undefined ? step.kind : `${step.kind} ${fn(step.by)}`
    case 'sum':
      return step.of === undefined ? step.kind : `${step.kind} ${fn(step.of)}`
    case 'topN':
      return step.by === undefined ? `topN ${step.count}` : `topN ${step.count} by ${fn(step.by)}`
    case 'merge':
      return `merge ${step.stages.join(', ')}`
    case 'use':
      return `use ${fn(step.module)}`
    case 'ix':
      return `ix ${step.name}`
  }
}

/** A source or sink on one line: `file book.txt`, `./mine.ts#open`. */
export function describeEnd(end: EndPlan, directory: string): string {
  if (end.kind === 'module') return describeFunction(end, directory)
  const { path, format } = end.options
  const details = [typeof path === 'string' ? shortPath(path, directory) : undefined, format]
  return [end.name, ...details.filter((detail) => typeof detail === 'string')].join(' ')
}

function describeFunction(plan: FunctionPlan, directory: string): string {
  // A function may be written over several lines.
  return plan.kind === 'inline' ? plan.text.replace(/\s+/g, ' ').trim() : describeModule(plan, directory)
}

function describeModule({ url, export: name }: ModuleFunctionPlan, directory: string): string {
  const path = url.startsWith('file:') ? shortPath(fileURLToPath(url), directory) : url
  return `${path}#${name}`
}

/** Far from the document, a file's name says more than the beginning of its path. */
function shortPath(path: string, directory: string): string {
  const shown = displayPath(path, directory)
  return isAbsolute(shown) ? basename(shown) : shown
}
