import type { ChildProcess } from 'node:child_process'
import type { BootSpec } from '../boot-spec.ts'
import type { Exit, Launched, Step } from '../launched.ts'
import { SocketConnection } from '../transports/socket-connection.ts'
import type { Graces } from '../tree.ts'
import { packBootLetter } from './boot-letter.ts'
import type { ChildOutput } from './child-output.ts'
import { waitForExit } from './exit.ts'
import { environmentFor, type LaunchOptions, startProcess } from './start.ts'
import type { WarmProcesses } from './warm-processes.ts'

/**
 * Gives an actor a process: one that waits for it already, if there is one that fits, or a new one. It does nothing but wait
 * for its parent until it is told to boot.
 */
export function launchProcess(spec: BootSpec, options: LaunchOptions, warm: WarmProcesses | undefined): Launched {
  const start = () => startProcess({ ...options, shownAs: spec.tree.log?.format }, environmentFor(options), spec.self)
  const { child, link, output } = warm?.take(options) ?? start()
  const exited = output === undefined ? waitForExit(child) : exitWithOutput(child, output)
  if (output !== undefined) output.owner = { ...spec.self, pipeline: spec.pipeline }
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

/** Whoever waits for the end of a process has its last words before. */
async function exitWithOutput(child: ChildProcess, output: ChildOutput): Promise<Exit> {
  const exit = await waitForExit(child)
  await output.drained()
  return exit
}
