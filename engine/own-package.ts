import { realpathSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageEntry } from './entry-points.ts'
import { areOwnFlags } from './process/inherited-flags.ts'

const packageName = 'actorflow'
// Sources are no package that a name could stand for.
const isPackage = packageEntry.pathname.endsWith('.js')

/**
 * Loads an actor's module, which imports this package by its name. Of what node does to find a package the most costly part is to
 * compile the regular expressions that its `exports` have to stand, in each process anew: more than a millisecond. So where it
 * would find this package, it is told at once.
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

/** Whether nothing can have changed how packages are found: flags could. */
function isNodesOwnLookup(): boolean {
  return areOwnFlags(process.execArgv) && !process.env['NODE_OPTIONS']
}

/** Where the package is that a module finds under that name: in the nearest folder of packages that has one. */
function folderFoundFrom(url: string | undefined): string | undefined {
  if (url?.startsWith('file:') !== true) return undefined
  for (
    let folder = dirname(fileURLToPath(url)), last = '';
    folder !== last;
    [last, folder] = [folder, dirname(folder)]
  ) {
    const found = join(folder, 'node_modules', packageName)
    if (statSync(found, { throwIfNoEntry: false })?.isDirectory() === true) return realpathSync.native(found)
  }
  return undefined
}
