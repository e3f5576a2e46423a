import type { ChildProcess, StdioOptions } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processEntry } from '../entry-points.ts'
import type { ActorId } from '../errors.ts'
import { loadChildProcess, loadOs } from '../late-builtins.ts'
import type { LogFormat } from '../log-settings.ts'
import { parentLinkFd } from './boot-letter.ts'
import { ChildOutput } from './child-output.ts'
import { killAtOurExit } from './exit.ts'
import { actorFlags, inheritedFlags } from './inherited-flags.ts'

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Flags for node itself; by default those that this process was started with, less the debugger's and profiler's. Before them
   * comes `--min-semi-space-size=8`, which another one of them may undo.
   */
  readonly execArgv?: readonly string[]
  readonly stdin?: 'ignore' | 'inherit'
  /**
   * Where its standard output goes: to ours, or to our standard error. With `reserved` there too, while ours is kept for the
   * data of a pipeline: a process has it beside its own, where nothing that it prints can get in between.
   */
  readonly stdout?: 'inherit' | 'stderr' | 'reserved'
}

/** A process that waits at its parent link to be told which actor it is. */
export interface StartedProcess {
  readonly child: ChildProcess
  /** This end of the parent link. */
  readonly link: Socket
  /** What it writes, if that is read here. */
  readonly output?: ChildOutput
}

const bootstrapPath = fileURLToPath(processEntry)

/** The environment of an actor's process. */
export function environmentFor(options: LaunchOptions): NodeJS.ProcessEnv {
  return {
    ...ownEnvironment(),
    // Told over the link: what is in the environment is in everybody's whom the actor starts.
    FLOW_TOKEN: undefined,
    FLOW_REGISTRY: undefined,
    // A child imports what its siblings imported: compiled once, it starts in half the time.
    NODE_COMPILE_CACHE:
      process.env['NODE_COMPILE_CACHE'] ?? getCompileCacheDir() ?? join(loadOs().tmpdir(), 'node-compile-cache'),
    ...options.env,
  }
}

// Twice as fast as a spread, which asks the system twice for each variable.
function ownEnvironment(): NodeJS.ProcessEnv {
  const copy: NodeJS.ProcessEnv = {}
  for (const name of Object.keys(process.env)) copy[name] = process.env[name]
  return copy
}

/** How a process is started beside what its actor's owner says. */
export interface StartOptions extends LaunchOptions {
  /** Has this process read what the other one writes, and show it in the format. */
  readonly shownAs?: LogFormat | undefined
}

/** Starts a process that is killed when this one exits; without an `actor`, it is called so only when it becomes one. */
export function startProcess(options: StartOptions, env: NodeJS.ProcessEnv, actor?: ActorId): StartedProcess {
  const flags = actorFlags(options.execArgv ?? inheritedFlags(process.execArgv))
  const named = actor === undefined ? [] : [actor.name, actor.id]
  const child = loadChildProcess().spawn(process.execPath, [...flags, bootstrapPath, ...named], {
    stdio: stdioOf(options),
    env,
  })
  killAtOurExit(child)
  // Whoever waits for its exit hears of it; a process that the system had no room for has none.
  child.on('error', () => undefined)
  const link = child.stdio[parentLinkFd] as Socket
  if (options.shownAs === undefined) return { child, link }
  // Of a process they are sockets.
  const { stdout, stderr } = child as { stdout: Socket | null; stderr: Socket | null }
  return { child, link, output: new ChildOutput({ stdout, stderr }, child.pid ?? 0, options.shownAs) }
}

function stdioOf({ stdin = 'ignore', stdout = 'inherit', shownAs }: StartOptions): StdioOptions {
  const stderr = shownAs === undefined ? 'inherit' : 'pipe'
  if (stdout === 'inherit') return [stdin, 'inherit', stderr, 'pipe']
  const printed = shownAs === undefined ? 2 : 'pipe'
  return stdout === 'stderr' ? [stdin, printed, stderr, 'pipe'] : [stdin, printed, stderr, 'pipe', 1]
}
