import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { bringUp, createRuntime, register, serveActorService, stopRuntime } from './actor-lifetime.ts'
import {
  type ActorRuntime,
  ambientRuntime,
  defaultGraces,
  refuseWhileImporting,
  setProcessRuntime,
} from './actor-runtime.ts'
import { defaultMaxFrameBytes } from './codec.ts'
import { type ActorId, ContextCancelledError, UsageError } from './errors.ts'
import type { AttachedModule } from './interceptor.ts'
import { killAllChildren } from './process/exit.ts'
import type { OpenRegistry } from './registry.ts'
import { makeRunDirectory } from './run-directory.ts'
import { runInScope, Scope } from './scope.ts'

export interface RootOptions {
  /** The root actor's name; by default that of the program. */
  readonly name?: string
  /** How long a cancelled task or actor may take before it is made to end. Milliseconds, 5000 by default. */
  readonly cancelGraceMs?: number
  /** How long a process may take after SIGTERM before it is killed. Milliseconds, 2000 by default. */
  readonly terminateGraceMs?: number
  /** The largest item, and the largest write, that a channel of the tree takes. Bytes, 16 MiB by default. */
  readonly maxFrameBytes?: number
  /** Modules that every actor of the tree attaches at its start: tracing, for example. */
  readonly attach?: readonly AttachedModule[]
  /** Whether `run` answers SIGINT and SIGTERM; true by default. */
  readonly signals?: boolean
}

/** How the root of a tree, and every actor in it, gets its registry. */
export interface RegistrySource {
  readonly openRegistry: OpenRegistry
  /** The module whose `openRegistry` the other actors of the tree use. */
  readonly moduleUrl: string
}

/** The root actor of a tree, for a program that has a lifetime of its own. Disposing it ends the whole tree. */
export interface Root extends AsyncDisposable {
  readonly actor: ActorId
  readonly addresses: readonly string[]
  /** Cancels everything, waits for its end and takes down the root. */
  close(): Promise<void>
}

/** Makes this process the root actor of a new tree. Throws `UsageError` if it is an actor already. */
export async function openRootActor(options: RootOptions, registry: RegistrySource): Promise<Root> {
  refuseWhileImporting('openRoot')
  if (ambientRuntime() !== undefined) throw new UsageError('this process is an actor already: a tree has one root')
  const runDirectory = await makeRunDirectory()
  const self = { name: options.name ?? 'root', id: randomBytes(6).toString('hex') }
  const runtime = createRuntime({
    self,
    runDirectory,
    graces: {
      cancelGraceMs: options.cancelGraceMs ?? defaultGraces.cancelGraceMs,
      terminateGraceMs: options.terminateGraceMs ?? defaultGraces.terminateGraceMs,
    },
    maxFrameBytes: options.maxFrameBytes ?? defaultMaxFrameBytes,
    attached: options.attach ?? [],
    registryModule: registry.moduleUrl,
  })
  const removeRunDirectory = () => rmSync(runDirectory, { recursive: true, force: true })
  // For the ends that take no leave: an uncaught error, process.exit().
  process.on('exit', removeRunDirectory)
  let closing: Promise<void> | undefined
  const stop = (reason: Error) => {
    closing ??= closeRoot(runtime, reason).finally(() => process.off('exit', removeRunDirectory))
    return closing
  }
  serveActorService(runtime, {}, (reason) => void stop(reason))
  try {
    await bringUp(runtime, registry.openRegistry)
    setProcessRuntime(runtime)
    await register(runtime, [])
  } catch (error) {
    await stop(new ContextCancelledError(self, 'it could not start'))
    throw error
  }
  const close = () => stop(new ContextCancelledError(self, 'its root was closed'))
  return { actor: self, addresses: runtime.addresses, close, [Symbol.asyncDispose]: close }
}

async function closeRoot(runtime: ActorRuntime, reason: Error): Promise<void> {
  try {
    await stopRuntime(runtime, reason)
  } finally {
    setProcessRuntime(undefined)
    await rm(runtime.options.runDirectory, { recursive: true, force: true })
  }
}

/**
 * Runs `main` as the root actor of a new tree and takes the tree down after it, whatever happens. The first SIGINT or
 * SIGTERM cancels main's scope, and the process ends by that signal once everything has ended; a second one kills
 * everything at once.
 */
export async function runRootActor<T>(
  main: () => Promise<T> | T,
  options: RootOptions,
  registry: RegistrySource,
): Promise<T> {
  refuseWhileImporting('run')
  const root = await openRootActor(options, registry)
  const runtime = ambientRuntime() as ActorRuntime
  const scope = new Scope(runtime, runtime.scope)
  const signals = options.signals === false ? undefined : cancelOnSignals(scope, root.actor)
  try {
    return await runInScope(scope, async () => await main())
  } finally {
    await root.close()
    signals?.finish()
  }
}

function cancelOnSignals(scope: Scope, self: ActorId): { finish(): void } {
  let received: NodeJS.Signals | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (received !== undefined) {
      killAllChildren()
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    received = signal
    scope.cancel(new ContextCancelledError(self, signal))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    finish() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      // Ends as a program does that never caught it: by the signal.
      if (received !== undefined) process.kill(process.pid, received)
    },
  }
}
