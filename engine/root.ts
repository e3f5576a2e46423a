import { rmSync } from 'node:fs'
import { bringUp, createRuntime, dumpOnSignal, register, serveActorService, stopRuntime } from './actor-lifetime.ts'
import type { ActorRuntime } from './actor-runtime.ts'
import { checkBusyPoll, defaultBusyPollUs } from './busy-poll.ts'
import { ambientRuntime, refuseWhileImporting, setProcessRuntime } from './current-actor.ts'
import type { Definition, Functions } from './definition.ts'
import { type ActorId, ContextCancelledError, FlowError, UsageError } from './errors.ts'
import { checkHeartbeat, type HeartbeatOptions } from './heartbeat.ts'
import type { AttachedModule } from './interceptor.ts'
import { endItem } from './item-trace.ts'
import { loadFiles, loadOs } from './late-builtins.ts'
import { type Listing, listingOf } from './listing.ts'
import { logOf } from './log.ts'
import { type LogSettings, resolveLog, type TreeLog } from './log-settings.ts'
import { newActorId } from './new-id.ts'
import { killAllChildren } from './process/exit.ts'
import { checkPrewarm, WarmProcesses } from './process/warm-processes.ts'
import type { OpenRegistry } from './registry.ts'
import { makeRunDirectory, rootSocketName } from './run-directory.ts'
import { runInScope, Scope } from './scope.ts'
import type { TlsOptions } from './transports/tcp.ts'
import {
  checkGraces,
  checkLimits,
  debugGraces,
  defaultGraces,
  defaultHeartbeat,
  defaultLimits,
  type Limits,
  type Secrets,
  type Tree,
} from './tree.ts'

export interface RootOptions extends Listing {
  /** The root actor's name; by default that of the program. */
  readonly name?: string
  /** The pipeline that its actors work for where nothing else is said of them: named in their traces, metrics and logs. */
  readonly pipeline?: string
  /** How long a cancelled task or actor may take before it is made to end. Milliseconds, 5000 by default. */
  readonly cancelGraceMs?: number
  /** How long a process may take after SIGTERM before it is killed. Milliseconds, 2000 by default. */
  readonly terminateGraceMs?: number
  /** The largest item, and the largest write, that a channel of the tree takes. Bytes, from 64 KiB up; 16 MiB by default. */
  readonly maxFrameBytes?: number
  /** The other limits on what a peer may ask of an actor of the tree. */
  readonly limits?: Partial<Omit<Limits, 'maxFrameBytes'>>
  /**
   * After how long without a sign of life a peer is asked for one (5000 ms by default), and after how long it is given up
   * (20,000 ms): so long may an actor block its event loop. A child that is given up is killed.
   */
  readonly heartbeat?: Partial<HeartbeatOptions>
  /**
   * How long an actor stays awake for the answer to what it sent, where the answers before came in that time: calls that are
   * made one after the other are then several times as fast, and their two processes are busy meanwhile. Microseconds, up to
   * 1000; 100 by default, 0 is never.
   */
  readonly busyPollUs?: number
  /**
   * Where the root listens instead of at a socket in its run directory: `tcp://host:port` (port 0 for any that is free),
   * `unix:/path`. Beyond this host only with a token or `tls`.
   */
  readonly listen?: readonly string[]
  /**
   * The TCP addresses that others are told in the place of those at which it listens: `tcp://films.example:4100`, where a router
   * or a container passes them on. Port 0 is the one at which it listens. For 0.0.0.0 and :: it is by default the address of
   * this host from which the registry is reached, or where that is on this host, the rest of the world.
   */
  readonly advertise?: readonly string[]
  /** What both ends of each connection prove to know, without sending it; by default `FLOW_TOKEN` of the environment. */
  readonly token?: string
  /** Certificates for TCP: both ends show one, and both check the other's. PEM. */
  readonly tls?: TlsOptions
  /** The directory of the tree's sockets; by default a new one. It has to be yours, and nobody else's to enter (0700). */
  readonly runDirectory?: string
  /** What others may call in this actor. */
  readonly definition?: Definition<Functions>
  /**
   * Each process of the tree opens an inspector at a port of its own, and a function that throws is held where it does, until a
   * debugger has attached and resumed it. Nobody is given up or killed for being slow meanwhile; ctrl-c twice ends it all.
   * Actors in threads, and inline ones, are not held.
   */
  readonly debug?: boolean
  /**
   * How many started processes wait for actors, with the engine loaded: one that is started then is up in a few milliseconds.
   * 0 by default, up to 256. They are for actors that the root starts itself, in a process, and without `env`, `execArgv`,
   * `stdin` or `stdout`; the others start as ever. Each that is taken is replaced, and they end with the root.
   */
  readonly prewarm?: number
  /** Modules that every actor of the tree attaches at its start: tracing, for example. */
  readonly attach?: readonly AttachedModule[]
  /**
   * One log of the whole tree on this process's stderr: what an actor logs, and what its process prints there, comes out here
   * line by line, with the actor's name. `{}` for the usual. Without it each process writes to the stderr that it shares
   * with the others, and only its log's warnings have a name.
   */
  readonly log?: LogSettings
  /** Whether `run` answers SIGINT and SIGTERM, and a root SIGUSR2 (with a dump of its tree); true by default. */
  readonly signals?: boolean
}

/** How the root of a tree, and every actor in it, gets its registry. */
export interface RegistrySource {
  readonly openRegistry: OpenRegistry
  /** The module whose `openRegistry` the other actors of the tree use. */
  readonly moduleUrl: string
  /** An actor of another tree that holds the registry: this one joins it. */
  readonly registrar?: { readonly address: string; unavailable(why: string, options: ErrorOptions): Error }
  /** Where the registry is, if that is outside of all actors. It may have a password in it. */
  readonly address?: string
  /** False if the root itself is not to be found there. */
  readonly listed?: boolean
}

/** The root actor of a tree, for a program that has a lifetime of its own. Disposing it ends the whole tree. */
export interface Root extends AsyncDisposable {
  readonly actor: ActorId
  readonly addresses: readonly string[]
  /**
   * Resolves when the whole tree has ended, with why: it was closed, another actor asked it to leave (`ContextCancelledError`
   * both), or its lease was lost. Never rejects.
   */
  readonly ended: Promise<Error>
  /** Cancels everything, waits for its end and takes down the root. */
  close(): Promise<void>
}

/** Makes this process the root actor of a new tree. Throws `UsageError` if it is an actor already. */
export async function openRootActor(options: RootOptions, registry: RegistrySource): Promise<Root> {
  refuseWhileImporting('openRoot')
  if (ambientRuntime() !== undefined) throw new UsageError('this process is an actor already: a tree has one root')
  const self = { name: options.name ?? 'root', id: newActorId() }
  // Whatever is wrong with the options is said before there is anything to be left behind.
  const secrets = secretsOf(options, registry)
  const listing = listingOf(options)
  const heartbeat = heartbeatOf(options)
  const limits = limitsOf(options)
  const log = options.log === undefined ? undefined : resolveLog(options.log, process.env)
  logOf(self, log)
  const usualGraces = options.debug === true ? debugGraces : defaultGraces
  const graces = {
    cancelGraceMs: options.cancelGraceMs ?? usualGraces.cancelGraceMs,
    terminateGraceMs: options.terminateGraceMs ?? usualGraces.terminateGraceMs,
  }
  checkGraces(graces)
  const { prewarm = 0, busyPollUs = defaultBusyPollUs } = options
  checkPrewarm(prewarm)
  checkBusyPoll(busyPollUs)
  const runDirectory = await makeRunDirectory(options.runDirectory)
  const tree = treeOf(options, { registry, runDirectory, heartbeat, busyPollUs, limits, log })
  // Nobody ends the root: its children get all that it has.
  const runtime = createRuntime({ self, pipeline: options.pipeline, graces, childGraces: graces, tree })
  runtime.secrets = secrets
  // For the ends that take no leave: an uncaught error, process.exit().
  const removeNow = () => {
    if (runtime.tree.ownsRunDirectory) rmSync(runDirectory, { recursive: true, force: true })
  }
  process.on('exit', removeNow)
  const noMoreDumps = options.signals === false ? () => undefined : dumpOnSignal(runtime)
  let closing: Promise<void> | undefined
  const ended = Promise.withResolvers<Error>()
  const stop = (reason: Error) => {
    closing ??= closeRoot(runtime, reason).finally(() => {
      process.off('exit', removeNow)
      noMoreDumps()
      ended.resolve(reason)
    })
    return closing
  }
  serveActorService(runtime, {}, (reason) => void stop(reason))
  try {
    const functions = options.definition?.functions ?? {}
    runtime.services.set('', functions)
    const rootSocket = `unix:${runDirectory}/${rootSocketName}`
    const listen = options.listen ?? [rootSocket]
    // Where `flow dump` asks, wherever else it listens.
    if (!listen.includes(rootSocket)) await runtime.channels.listen(rootSocket, { listed: false })
    if (registry.registrar !== undefined) await join(runtime, registry.registrar)
    await bringUp(runtime, { listen, advertise: options.advertise }, registry.openRegistry)
    setProcessRuntime(runtime)
    const registering = { listing, onLost: (error: Error) => void stop(error) }
    if (registry.listed !== false) await register(runtime, Object.keys(functions), registering)
    if (prewarm > 0) runtime.warmProcesses = new WarmProcesses(prewarm, runtime.tree)
  } catch (error) {
    await stop(new ContextCancelledError(self, 'it could not start'))
    throw error
  }
  const close = () => stop(new ContextCancelledError(self, 'its root was closed'))
  return { actor: self, addresses: runtime.addresses, ended: ended.promise, close, [Symbol.asyncDispose]: close }
}

function secretsOf(options: RootOptions, registry: RegistrySource): Secrets {
  const token = options.token ?? process.env['FLOW_TOKEN']
  if (token === '') throw new UsageError('the token is empty: set one that cannot be guessed, or none at all')
  return {
    ...(token === undefined ? {} : { token }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(registry.address === undefined ? {} : { registry: registry.address }),
  }
}

function treeOf(
  options: RootOptions,
  rest: {
    registry: RegistrySource
    runDirectory: string
    heartbeat: HeartbeatOptions
    busyPollUs: number
    limits: Limits
    log: TreeLog | undefined
  },
): Tree {
  const { registry, runDirectory, heartbeat, busyPollUs, limits, log } = rest
  return {
    host: loadOs().hostname(),
    runDirectory,
    ownsRunDirectory: options.runDirectory === undefined,
    registryModule: registry.moduleUrl,
    attached: options.attach ?? [],
    limits,
    heartbeat,
    busyPollUs,
    ...(log === undefined ? {} : { log }),
    debug: options.debug === true,
  }
}

function limitsOf(options: RootOptions): Limits {
  const { maxFrameBytes = defaultLimits.maxFrameBytes } = options
  const limits = { ...defaultLimits, ...options.limits, maxFrameBytes }
  checkLimits(limits)
  return limits
}

function heartbeatOf(options: RootOptions): HeartbeatOptions {
  // An actor that is held for a debugger gives no sign of life.
  const limitMs = options.debug === true ? Infinity : defaultHeartbeat.limitMs
  const heartbeat = { intervalMs: defaultHeartbeat.intervalMs, limitMs, ...options.heartbeat }
  checkHeartbeat(heartbeat)
  return heartbeat
}

/** Makes the actor at that address, of another tree, the one that this tree asks who is where. */
async function join(runtime: ActorRuntime, there: NonNullable<RegistrySource['registrar']>): Promise<void> {
  let peer: ActorId
  try {
    peer = (await runtime.channels.dial(there.address)).peer
  } catch (error) {
    if (FlowError.is(error) && error.code !== 'FLOW_CHANNEL_BROKEN') throw error
    throw there.unavailable(error instanceof Error ? error.message : String(error), { cause: error })
  }
  runtime.tree = { ...runtime.tree, registrar: { actor: peer, addresses: [there.address] } }
}

async function closeRoot(runtime: ActorRuntime, reason: Error): Promise<void> {
  const warmGone = runtime.warmProcesses?.close()
  try {
    await stopRuntime(runtime, reason)
  } finally {
    await warmGone
    setProcessRuntime(undefined)
    const { runDirectory, ownsRunDirectory } = runtime.tree
    if (ownsRunDirectory) await loadFiles().rm(runDirectory, { recursive: true, force: true })
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
  // Before there is anything that a signal could leave behind.
  const signals = options.signals === false ? undefined : listenToSignals()
  try {
    const root = await openRootActor(options, registry)
    try {
      const runtime = ambientRuntime() as ActorRuntime
      const scope = new Scope(runtime, runtime.scope)
      signals?.onFirst((signal) => scope.cancel(new ContextCancelledError(root.actor, signal)))
      scope.throwIfCancelled()
      try {
        return await runInScope(scope, async () => await main())
      } catch (error) {
        endItem(scope, error)
        throw error
      } finally {
        endItem(scope)
      }
    } finally {
      await root.close()
    }
  } finally {
    signals?.finish()
  }
}

function listenToSignals(): { onFirst(cancel: (signal: NodeJS.Signals) => void): void; finish(): void } {
  let received: NodeJS.Signals | undefined
  let cancel: ((signal: NodeJS.Signals) => void) | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (received !== undefined) {
      killAllChildren()
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    received = signal
    cancel?.(signal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    onFirst(callback) {
      cancel = callback
      if (received !== undefined) callback(received)
    },
    finish() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      // Ends as a program does that never caught it: by the signal.
      if (received !== undefined) process.kill(process.pid, received)
    },
  }
}
