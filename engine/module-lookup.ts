import { readFileSync, realpathSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packageEntry } from './entry-points.ts'
import { areOwnFlags } from './process/inherited-flags.ts'

/**
 * What node finds when it loads an actor's module. Whoever starts the actor looks it up: with code that has run before, and mostly while
 * the process starts.
 */
export interface ModuleLookup {
  /** The module is the file that its URL names, and not one that this leads to. */
  readonly isAtItsUrl: boolean
  /** What it imports by the name of this package is this package. */
  readonly importsThisPackage: boolean
}

const packageName = 'actorflow'
const mayBeMissing = { throwIfNoEntry: false } as const
// Sources are no package that a name could stand for.
const isPackage = packageEntry.pathname.endsWith('.js')

// Of this turn: many actors of a module are started at once.
const found = new Map<string, ModuleLookup>()

/** Undefined where it is left to node. */
export function lookUpModule(url: string): ModuleLookup | undefined {
  if (!isPackage) return undefined
  const known = found.get(url)
  if (known !== undefined) return known
  const lookup = { isAtItsUrl: isRealPath(url), importsThisPackage: findsThisPackage(url) }
  if (found.size === 0) setImmediate(() => found.clear())
  found.set(url, lookup)
  return lookup
}

/**
 * Loads an actor's module, which imports this package by its name. Of what node does to find a package the most costly part is to
 * compile the regular expressions that its `exports` have to stand, in each process anew: more than a millisecond. So node is told
 * at once where the package is, if that is where it would find it, and the same of the module; whatever is in doubt is left to node.
 * Hooks that are registered in the actor's own process, or in that of a thread, are not asked for the package's name. A module that is
 * taken away after it was looked up fails in the words of a file that cannot be read.
 */
export async function withLookup<T>(url: string, lookup: ModuleLookup | undefined, load: () => Promise<T>): Promise<T> {
  if (lookup === undefined || !isNodesOwnLookup()) return await load()
  const importsThisPackage = (from: string | undefined) =>
    from === url ? lookup.importsThisPackage : findsThisPackage(from)
  const hooks = registerHooks({
    resolve: (name, context, findByNode) => {
      if (name === url && lookup.isAtItsUrl) return { url, shortCircuit: true }
      if (name !== packageName || !importsThisPackage(context.parentURL)) return findByNode(name, context)
      return { url: packageEntry.href, format: 'module', shortCircuit: true }
    },
  })
  try {
    return await load()
  } finally {
    hooks.deregister()
  }
}

/** Whether packages are found as ever, as far as flags and the environment say. */
function isNodesOwnLookup(): boolean {
  const { NODE_OPTIONS, NODE_PRESERVE_SYMLINKS } = process.env
  return areOwnFlags(process.execArgv) && !NODE_OPTIONS && !NODE_PRESERVE_SYMLINKS
}

/** Whether it is the URL of a file, with no link on the way to it. */
function isRealPath(url: string): boolean {
  if (!url.startsWith('file:')) return false
  try {
    const path = realpathSync.native(fileURLToPath(url))
    return pathToFileURL(path).href === url && statSync(path).isFile()
  } catch {
    // Node says what is wrong with it.
    return false
  }
}

/** Whether a module finds this package under its name; false if that is not to be seen at a glance. */
function findsThisPackage(url: string | undefined): boolean {
  if (url?.startsWith('file:') !== true) return false
  try {
    return findFolder(dirname(fileURLToPath(url))) === fileURLToPath(new URL('..', packageEntry)).slice(0, -1)
  } catch {
    // What cannot be read here node passes over, or says why not.
    return false
  }
}

/** A package is found by what belongs to it under its own name, and by others in the nearest folder of packages that has one. */
function findFolder(from: string): string | undefined {
  const folders = [from]
  for (let up = dirname(from); up !== folders.at(-1); up = dirname(up)) folders.push(up)
  const own = folders.find((folder) => statSync(join(folder, 'package.json'), mayBeMissing)?.isFile())
  if (own !== undefined && nameIn(join(own, 'package.json')) === packageName) return own
  const found = folders
    .map((folder) => join(folder, 'node_modules', packageName))
    .find((folder) => statSync(folder, mayBeMissing)?.isDirectory())
  return found === undefined ? undefined : realpathSync.native(found)
}

function nameIn(description: string): unknown {
  return (JSON.parse(readFileSync(description, 'utf8')) as { readonly name?: unknown }).name
}
