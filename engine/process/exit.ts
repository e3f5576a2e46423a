import type { ChildProcess } from 'node:child_process'
import type { Exit } from '../launched.ts'

/** Resolves when the process has ended, or could not be started. Never rejects. */
export function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', (failure) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, failure })
    })
  })
}

const living = new Set<ChildProcess>()
let hooked = false

/**
 * Ties the process to this one's life: if this process exits while it still runs, it is killed. (If this process is
 * killed, the child notices by its parent link.)
 */
export function killAtOurExit(child: ChildProcess): void {
  living.add(child)
  child.once('exit', () => living.delete(child))
  if (hooked) return
  hooked = true
  process.on('exit', killAllChildren)
}

/** Kills every child process at once. */
export function killAllChildren(): void {
  for (const child of living) child.kill('SIGKILL')
}
