import { connect } from 'node:net'
import { loadFiles, loadTimers } from './late-builtins.ts'

// Between bind and listen, a socket of another actor refuses as a dead one does. It is over at the second look.
const secondLookMs = 20

/** Whether the path is a unix socket that a process has left behind which was killed: nobody listens there. */
export async function isDeadSocket(path: string): Promise<boolean> {
  const found = await loadFiles()
    .lstat(path)
    .catch(() => undefined)
  if (!found?.isSocket() || (await isListening(path))) return false
  await loadTimers().setTimeout(secondLookMs)
  return !(await isListening(path))
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
