import type { BootSpec } from '../boot-spec.ts'
import type { Launched, Step } from '../launched.ts'
import { SocketConnection } from '../transports/socket-connection.ts'
import type { Graces } from '../tree.ts'
import { packBootLetter } from './boot-letter.ts'
import { waitForExit } from './exit.ts'
import { environmentFor, type LaunchOptions, startProcess } from './start.ts'
import type { WarmProcesses } from './warm-processes.ts'

/**
 * Gives an actor a process: one that waits for it already, if there is one that fits, or a new one. It does nothing but wait
 * for its parent until it is told to boot.
 */
export function launchProcess(spec: BootSpec, options: LaunchOptions, warm: WarmProcesses | undefined): Launched {
  const { child, link } = warm?.take(options) ?? startProcess(options, environmentFor(options), spec.self)
  const exited = waitForExit(child)
  const connection = new SocketConnection(link, `the link to '${spec.self.name}'`)
  connection.write([packBootLetter({ spec })])
  return {
    pid: child.pid,
    link: connection,
    exited,
    steps: ({ cancelGraceMs, terminateGraceMs }: Graces): readonly Step[] => [
      { name: 'SIGTERM', afterMs: cancelGraceMs, take: () => void child.kill('SIGTERM') },
      { name: 'SIGKILL', afterMs: terminateGraceMs, take: () => void child.kill('SIGKILL') },
    ],
    kill: () => void child.kill('SIGKILL'),
  }
}
