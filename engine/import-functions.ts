import type { BootRequest } from './boot-spec.ts'
import { type Functions, isDefinition } from './definition.ts'
import { UsageError } from './errors.ts'
import { exportsNone, importActorModule } from './import-actor-module.ts'
import { withLookup } from './module-lookup.ts'

/** Imports an actor's module and finds in it the definition that was meant. Throws what the module throws. */
export async function importFunctions(request: Pick<BootRequest, 'url' | 'functions' | 'lookup'>): Promise<Functions> {
  const { url, lookup } = request
  const module = await withLookup(url, lookup, () => importActorModule(url))
  const definitions = Object.values(module).filter((value) => isDefinition(value))
  const wanted = [...request.functions].sort().join()
  const match = definitions.find((each) => Object.keys(each.functions).sort().join() === wanted)
  if (match !== undefined) return match.functions
  const what =
    definitions.length === 0
      ? exportsNone
      : `exports no actor definition with the functions ${request.functions.join(', ')}`
  throw new UsageError(`${request.url} ${what}`)
}
