import type { ChildProcess } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processEntry } from '../entry-points.ts'
import type { ActorId } from '../errors.ts'
import { loadChildProcess } from '../late-builtins.ts'
import { parentLinkFd } from './boot-letter.ts'
import { killAtOurExit } from './exit.ts'
import { inheritedFlags } from './inherited-flags.ts'

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Flags for node itself; by default those that this process was started with, less the debugger's and profiler's. */
  readonly execArgv?: readonly string[]
  readonly stdin?: 'ignore' | 'inherit'
  /** Where its standard output goes: to ours, or to our standard error. */
  readonly stdout?: 'inherit' | 'stderr'
}

/** A process that waits at its parent link to be told which actor it is. */
export interface StartedProcess {
  readonly child: ChildProcess
  /** This end of the parent link. */
  readonly link: Socket
}

const bootstrapPath = fileURLToPath(processEntry)

/** The environment of an actor's process. */
export function environmentFor(options: LaunchOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Told over the link: what is in the environment is in everybody's whom the actor starts.
    FLOW_TOKEN: undefined,
    FLOW_REGISTRY: undefined,
    // A child imports what its siblings imported: compiled once, it starts in half the time.
    NODE_COMPILE_CACHE:
      process.env['NODE_COMPILE_CACHE'] ?? getCompileCacheDir() ?? join(tmpdir(), 'node-compile-cache'),
    ...options.env,
  }
}

/** Starts a process that is killed when this one exits; without an `actor`, it is called so only when it becomes one. */
export function startProcess(options: LaunchOptions, env: NodeJS.ProcessEnv, actor?: ActorId): StartedProcess {
  const flags = options.execArgv ?? inheritedFlags(process.execArgv)
  const named = actor === undefined ? [] : [actor.name, actor.id]
  const child = loadChildProcess().spawn(process.execPath, [...flags, bootstrapPath, ...named], {
    stdio: [options.stdin ?? 'ignore', options.stdout === 'stderr' ? 2 : 'inherit', 'inherit', 'pipe'],
    env,
  })
  killAtOurExit(child)
  // Whoever waits for its exit hears of it; a process that the system had no room for has none.
  child.on('error', () => undefined)
  return { child, link: child.stdio[parentLinkFd] as Socket }
}
