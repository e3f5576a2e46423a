import { fileURLToPath } from 'node:url'
import { PipelineError } from './errors.ts'
import type { FunctionPlan, ModuleFunctionPlan } from './function-plan.ts'
import { compileFunction, type UserFunction } from './inline-function.ts'
import { suggestion } from './suggest.ts'

/**
 * Loads a function of a checked document: compiles inline text, or imports the user's module, which runs it. Waits for
 * the import. Throws a `PipelineError` that begins with the place in the document when the module cannot be loaded, has
 * no such export, or exports something else under that name.
 */
export async function loadFunction(plan: FunctionPlan): Promise<UserFunction> {
  if (plan.kind === 'inline') return compileFunction(plan)
  const value = await loadExport(plan)
  if (typeof value === 'function') return value as UserFunction
  const what = value === null ? 'null' : `a ${typeof value}`
  throw new PipelineError(`${plan.location}: '${plan.export}' of ${fileURLToPath(plan.url)} is no function but ${what}`)
}

/** Loads what a module exports under a name, whatever it is. Throws as `loadFunction` does. */
export async function loadExport(plan: ModuleFunctionPlan): Promise<unknown> {
  const module = await importModule(plan)
  if (Object.hasOwn(module, plan.export)) return module[plan.export]
  const path = fileURLToPath(plan.url)
  const names = Object.keys(module)
  const hint = names.length === 0 ? ' (it exports nothing)' : suggestion(plan.export, names)
  throw new PipelineError(`${plan.location}: ${path} has no export '${plan.export}'${hint}`)
}

async function importModule(plan: ModuleFunctionPlan): Promise<Record<string, unknown>> {
  try {
    return (await import(plan.url)) as Record<string, unknown>
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const path = fileURLToPath(plan.url)
    const place = placeOf(error)
    throw new PipelineError(`${plan.location}: ${path} cannot be loaded: ${why}${place && `, at ${place}`}`, {
      cause: error,
    })
  }
}

/** The first place outside of node that an error's stack names, as `/path/file.ts:line:column`. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const places = Array.from(
    stack.matchAll(/(?:file:\/\/|\(|at )(\/[^\s()]+?:\d+(?::\d+)?)/g),
    ([, place]) => place ?? '',
  )
  return places.find((place) => !place.includes('/node_modules/')) ?? ''
}
