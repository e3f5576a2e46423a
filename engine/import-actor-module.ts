import { setImporting } from './current-actor.ts'
import { type Definition, type Functions, isDefinition } from './definition.ts'
import { UsageError } from './errors.ts'

/** Imports an actor's module, which must not be the main program as well. Throws what the module throws. */
export async function importActorModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  setImporting(url)
  try {
    return (await import(url)) as Record<string, unknown>
  } finally {
    setImporting(undefined)
  }
}

/** What is wrong with a module that has none. */
export const exportsNone = 'exports no actor definition: add export default defineActor(import.meta.url, { ... })'

/**
 * Imports an actor's module and gives the definition that it exports: under that name or, without one, its default, or else
 * the only one that there is. Throws what the module throws, and `UsageError` if there is no such definition.
 */
export async function importDefinition(url: string, exportName?: string): Promise<Definition<Functions>> {
  const module = await importActorModule(url)
  const definitions = new Map<string, Definition<Functions>>()
  for (const [name, value] of Object.entries(module)) if (isDefinition(value)) definitions.set(name, value)
  const names = [...definitions.keys()]
  const there = names.length === 0 ? 'it exports none' : `there is ${names.join(', ')}`
  if (exportName !== undefined) {
    const named = definitions.get(exportName)
    if (named !== undefined) return named
    throw new UsageError(
      Object.hasOwn(module, exportName)
        ? `its export '${exportName}' is no actor definition: ${there}`
        : `it has no export '${exportName}' that is an actor definition: ${there}`,
    )
  }
  // The same one may be there under several names.
  const [only, ...others] = new Set(definitions.values())
  const definition = definitions.get('default') ?? (others.length === 0 ? only : undefined)
  if (definition !== undefined) return definition
  throw new UsageError(
    names.length === 0
      ? `it ${exportsNone}`
      : `it exports several actor definitions (${names.join(', ')}): say which one, as in file.ts#${names[0]}`,
  )
}
