import { type ChildProcess, spawn } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processEntry } from '../entry-points.ts'
import type { ActorId } from '../errors.ts'
import type { Launched, Step } from '../launched.ts'
import { SocketConnection } from '../transports/socket-connection.ts'
import type { Graces } from '../tree.ts'
import { killAtOurExit, waitForExit } from './exit.ts'

/** The file descriptor of the parent link in the child. */
export const parentLinkFd = 3

/** The environment variable by which a new process learns which actor it is to be. */
export const bootVariable = 'FLOW_BOOT'

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Flags for node itself; by default those that this process was started with, less the debugger's and profiler's. */
  readonly execArgv?: readonly string[]
  readonly stdin?: 'ignore' | 'inherit'
  /** Where its standard output goes: to ours, or to our standard error. */
  readonly stdout?: 'inherit' | 'stderr'
}

const bootstrapPath = fileURLToPath(processEntry)
const notInherited = /^--(inspect|cpu-prof|heap-prof|prof|test|watch|eval|print|check)|^-[epc]$/

/** Starts the process of an actor. It does nothing but wait for its parent until it is told to boot. */
export function launchProcess(actor: ActorId, boot: string, options: LaunchOptions): Launched {
  const flags = options.execArgv ?? process.execArgv.filter((flag) => !notInherited.test(flag))
  const child: ChildProcess = spawn(process.execPath, [...flags, bootstrapPath, actor.name, actor.id], {
    stdio: [options.stdin ?? 'ignore', options.stdout === 'stderr' ? 2 : 'inherit', 'inherit', 'pipe'],
    env: {
      ...process.env,
      // Told over the link: what is in the environment is in everybody's whom the actor starts.
      FLOW_TOKEN: undefined,
      // A child imports what its siblings imported: compiled once, it starts in half the time.
      NODE_COMPILE_CACHE:
        process.env['NODE_COMPILE_CACHE'] ?? getCompileCacheDir() ?? join(tmpdir(), 'node-compile-cache'),
      ...options.env,
      [bootVariable]: boot,
    },
  })
  const exited = waitForExit(child)
  killAtOurExit(child)
  return {
    pid: child.pid,
    link: new SocketConnection(child.stdio[parentLinkFd] as Socket, `the link to '${actor.name}'`),
    exited,
    steps: ({ cancelGraceMs, terminateGraceMs }: Graces): readonly Step[] => [
      { name: 'SIGTERM', afterMs: cancelGraceMs, take: () => void child.kill('SIGTERM') },
      { name: 'SIGKILL', afterMs: terminateGraceMs, take: () => void child.kill('SIGKILL') },
    ],
    kill: () => void child.kill('SIGKILL'),
  }
}
