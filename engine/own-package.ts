import { readFileSync, realpathSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageEntry } from './entry-points.ts'
import { areOwnFlags } from './process/inherited-flags.ts'

const packageName = 'actorflow'
const mayBeMissing = { throwIfNoEntry: false } as const
// Sources are no package that a name could stand for.
const isPackage = packageEntry.pathname.endsWith('.js')

/**
 * Loads an actor's module, which imports this package by its name. Of what node does to find a package the most costly part is to
 * compile the regular expressions that its `exports` have to stand, in each process anew: more than a millisecond. So node is told
 * at once where the package is, if that is where it would find it; whatever is in doubt is left to node. Hooks that the module
 * itself registers while it is loaded, and which are not synchronous, are not asked for this name.
 */
export async function importingThisPackage<T>(load: () => Promise<T>): Promise<T> {
  if (!isPackage || !isNodesOwnLookup()) return await load()
  const folder = fileURLToPath(new URL('..', packageEntry)).slice(0, -1)
  const hooks = registerHooks({
    resolve: (name, context, findByNode) =>
      name === packageName && folderFoundFrom(context.parentURL) === folder
        ? { url: packageEntry.href, format: 'module', shortCircuit: true }
        : findByNode(name, context),
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

/** Where the package is that a module finds under that name; undefined if that is not to be seen at a glance. */
function folderFoundFrom(url: string | undefined): string | undefined {
  if (url?.startsWith('file:') !== true) return undefined
  try {
    return findFolder(dirname(fileURLToPath(url)))
  } catch {
    // What cannot be read here node passes over, or says why not.
    return undefined
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
