import { dirname, join, resolve } from 'node:path'
import { isDeadSocket } from './dead-socket.ts'
import { UsageError } from './errors.ts'
import { loadFiles, loadOs } from './late-builtins.ts'

/** What the names of run directories begin with that are made here, in the directory for temporary files. */
const namePrefix = 'flow-'

/** The name of the root's socket in a run directory. */
export const rootSocketName = 'root.sock'

// A root listens long before its directory is as old as that.
const staleAfterMs = 60_000

/**
 * Makes the directory of a tree's sockets, or takes the one at `path`, which may be there already. Only its owner may
 * enter it (0700): that is what guards the sockets. Throws `UsageError` for one that others may enter or exchange, and where none
 * can be made.
 */
export async function makeRunDirectory(path?: string): Promise<string> {
  if (path === undefined) return await makeTemporaryDirectory()
  // Absolute, because actors may run elsewhere; and without a slash at its end, which would follow a link.
  const directory = resolve(path)
  try {
    await loadFiles().mkdir(directory, { mode: 0o700 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? `there is no directory ${dirname(directory)}` : message
    if (code !== 'EEXIST') throw new UsageError(`cannot make the run directory ${directory}: ${why}`, { cause: error })
  }
  await checkRunDirectory(directory)
  return directory
}

async function makeTemporaryDirectory(): Promise<string> {
  const directory = loadOs().tmpdir()
  try {
    return await loadFiles().mkdtemp(join(directory, namePrefix))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such directory' : message
    throw new UsageError(
      `cannot make a run directory in ${directory}: ${why}; set TMPDIR to a directory that may be written`,
      { cause: error },
    )
  }
}

/**
 * The sockets of the roots of this user's trees, as paths: those in the usual place for run directories. Whether anybody
 * listens there, only a dial can tell.
 */
export async function findRootSockets(): Promise<string[]> {
  const names = (
    await loadFiles()
      .readdir(loadOs().tmpdir())
      .catch(() => [])
  ).filter((name) => name.startsWith(namePrefix))
  const paths = await Promise.all(
    names.map(async (name) => {
      const directory = join(loadOs().tmpdir(), name)
      const path = join(directory, rootSocketName)
      try {
        // Another user may have made one that is open to us.
        await checkRunDirectory(directory)
        return (await loadFiles().lstat(path)).isSocket() ? [path] : []
      } catch {
        return []
      }
    }),
  )
  return paths.flat().sort()
}

/**
 * Removes the run directories of this user's programs that were killed with all that they had started. Whether anybody is there is
 * asked of the sockets: process ids are used again. One that is young is left, as it may be just about to listen. Never rejects.
 */
export async function removeStaleRunDirectories(): Promise<void> {
  const youngest = Date.now() - staleAfterMs
  await Promise.all(
    (await findRootSockets()).map(async (path) => {
      const { mtimeMs } = await loadFiles()
        .lstat(path)
        .catch(() => ({ mtimeMs: Infinity }))
      if (mtimeMs < youngest) await removeDeadSockets(dirname(path))
    }),
  ).catch(() => undefined)
}

async function checkRunDirectory(directory: string): Promise<void> {
  const found = await loadFiles().lstat(directory)
  const refuse = (what: string, right: string) => new UsageError(`the run directory ${directory} ${what}: ${right}`)
  if (found.isSymbolicLink())
    throw refuse('is a symbolic link', 'name the directory itself, so that nobody can exchange it')
  if (!found.isDirectory()) throw refuse('is not a directory', 'remove it, or name another path')
  const uid = process.getuid?.()
  if (found.uid !== uid) {
    throw refuse(`belongs to user ${found.uid}`, `it must belong to the user of this process (${uid})`)
  }
  const mode = found.mode & 0o777
  if ((mode & 0o077) !== 0) {
    const written = mode.toString(8).padStart(4, '0')
    throw refuse(`has mode ${written}, so others may enter it`, `keep them out with chmod 0700 ${directory}`)
  }
}

/**
 * Tidies up after a root that was killed: each actor that ends for that reason removes the sockets that nobody listens on
 * any more, and the last one the directory. Anything else in it stays, and so does a directory that was the user's
 * (`keepDirectory`).
 */
export async function removeDeadSockets(
  runDirectory: string,
  options: { readonly keepDirectory?: boolean } = {},
): Promise<void> {
  const names = await loadFiles()
    .readdir(runDirectory)
    .catch(() => [])
  const paths = names.filter((name) => name.endsWith('.sock')).map((name) => join(runDirectory, name))
  await Promise.all(
    paths.map(async (path) => {
      if (await isDeadSocket(path)) await loadFiles().rm(path, { force: true })
    }),
  )
  if (options.keepDirectory !== true)
    await loadFiles()
      .rmdir(runDirectory)
      .catch(() => undefined)
}
