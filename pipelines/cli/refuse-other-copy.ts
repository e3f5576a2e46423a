import { realpathSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { CommandError } from './command-error.ts'

/**
 * Throws `CommandError` if the module at the URL has another copy of the package than this command is of. It would be loaded
 * beside this one and know nothing of the actor that it runs in: its waits would not be cancelled.
 */
export function refuseOtherCopy(url: string): void {
  const theirs = manifestFor('actorflow', url)
  const own = manifestFor('..', import.meta.url)
  if (theirs === undefined || own === undefined || theirs === own) return
  throw new CommandError(`it uses the actorflow of ${theirs}, and this is the flow of ${own}: run npx flow beside it`)
}

function manifestFor(specifier: string, base: string): string | undefined {
  try {
    const path = findPackageJSON(specifier, base)
    return path === undefined ? undefined : realpathSync(path)
  } catch {
    // It has none.
    return undefined
  }
}
