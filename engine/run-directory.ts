import { mkdtemp, readdir, rm, rmdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes the directory of a tree's sockets. Only its owner may enter (0700): that is what guards the sockets. */
export async function makeRunDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'flow-'))
}

/**
 * Tidies up after a root that was killed: each actor that ends for that reason removes the sockets that nobody listens on
 * any more, and the last one the directory.
 */
export async function removeDeadSockets(runDirectory: string): Promise<void> {
  const names = await readdir(runDirectory).catch(() => [])
  const paths = names.map((name) => join(runDirectory, name))
  await Promise.all(
    paths.map(async (path) => {
      if (!(await isListening(path))) await rm(path, { force: true })
    }),
  )
  await rmdir(runDirectory).catch(() => undefined)
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Only these say that nobody is there; a full backlog, for one, says the opposite.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}
