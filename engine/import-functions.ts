import type { BootRequest } from './boot-spec.ts'
import { setImporting } from './current-actor.ts'
import { type Functions, isDefinition } from './definition.ts'
import { UsageError } from './errors.ts'

/** Imports an actor's module and finds in it the definition that was meant. Throws what the module throws. */
export async function importFunctions(request: BootRequest): Promise<Functions> {
  setImporting(request.url)
  let module: Record<string, unknown>
  try {
    module = (await import(request.url)) as Record<string, unknown>
  } finally {
    setImporting(undefined)
  }
  const definitions = Object.values(module).filter((value) => isDefinition(value))
  const wanted = [...request.functions].sort().join()
  const match = definitions.find((each) => Object.keys(each.functions).sort().join() === wanted)
  if (match !== undefined) return match.functions
  const what =
    definitions.length === 0
      ? `${request.url} exports no actor definition: add export default defineActor(import.meta.url, { ... })`
      : `${request.url} exports no actor definition with the functions ${request.functions.join(', ')}`
  throw new UsageError(what)
}
