import { ActorRuntime, type RuntimeOptions } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import { advertisedAddresses, checkAdvertised } from './advertised-addresses.ts'
import { serveStart } from './callee.ts'
import { currentRuntime } from './current-actor.ts'
import type { Functions } from './definition.ts'
import { type DumpDepth, dumpActor, formatDump } from './dump.ts'
import { type ActorId, ContextCancelledError, FlowError, UsageError } from './errors.ts'
import { hostId } from './host-id.ts'
import type { Attach, AttachedModule, Attachment, Interceptor } from './interceptor.ts'
import type { Listing } from './listing.ts'
import { writeNotice } from './log.ts'
import { writeVerbatim } from './log-output.ts'
import { actorService, callService } from './portal.ts'
import { actorVitals, treeVitals } from './read-vitals.ts'
import type { Registration } from './registration.ts'
import type { OpenRegistry } from './registry.ts'
import { ambientScope, reasonText, runInScope, shield } from './scope.ts'
import { closeShared } from './shared-resource.ts'

/** Makes the bare runtime of an actor; `bringUp` does the rest. */
export function createRuntime(options: RuntimeOptions): ActorRuntime {
  return new ActorRuntime(options, serveStart)
}

/** Where an actor listens, and what others are told of that. */
export interface Listening {
  readonly listen: readonly string[]
  readonly advertise?: readonly string[] | undefined
}

/** Listens, attaches what the root asked for and opens the registry. */
export async function bringUp(
  runtime: ActorRuntime,
  { listen, advertise }: Listening,
  openRegistry?: OpenRegistry,
): Promise<void> {
  checkAdvertised(advertise, listen)
  const { attached, registryModule, registrar } = runtime.tree
  const open = openRegistry ?? (import(registryModule) as Promise<{ openRegistry: OpenRegistry }>)
  const steps = await Promise.allSettled([
    ...listen.map((address) => runtime.channels.listen(address)),
    ...attached.map((module) => attachModule(runtime, module)),
  ])
  // Only now: what the others have opened meanwhile is closed by whoever takes the actor down.
  for (const step of steps) if (step.status === 'rejected') throw step.reason
  const opener = typeof open === 'function' ? open : (await open).openRegistry
  runtime.registry = await opener({
    actor: runtime.self,
    parent: runtime.options.parent,
    registrar,
    registryAddress: runtime.secrets.registry,
    serve: (service, functions) => runtime.services.set(service, functions),
  })
  const { channels, registry } = runtime
  channels.advertise(await advertisedAddresses(channels.bound, { advertise, registryHost: registry.host }))
}

async function attachModule(runtime: ActorRuntime, { url, options }: AttachedModule): Promise<void> {
  const { attach } = (await import(url)) as { attach: Attach }
  try {
    await attach(attachmentTo(runtime), options)
  } catch (error) {
    // A module that is attached knows of no errors but those of the language.
    throw error instanceof Error && !(error instanceof FlowError)
      ? new UsageError(error.message, { cause: error.cause })
      : error
  }
}

function attachmentTo(runtime: ActorRuntime): Attachment {
  return {
    actor: runtime.self,
    pipeline: runtime.options.pipeline,
    isRoot: runtime.options.parent === undefined,
    intercept: (interceptor) => intercept(runtime, interceptor),
    ambient: ambientScope,
    watchLog: (watcher) => {
      runtime.log.watch(watcher)
      runtime.logWatchers.push(watcher)
    },
    writeLine: writeVerbatim,
    notice: (level, text) => writeNotice(runtime.member, runtime.options.tree.log, { level, text }),
    report: (read) => void runtime.reporters.add(read),
    vitals: () => actorVitals(runtime),
    treeVitals: () => runInScope(runtime.scope, () => treeVitals(runtime)),
    onLeave: (farewell) => void runtime.farewells.add(farewell),
  }
}

function intercept(runtime: ActorRuntime, interceptor: Interceptor): void {
  if (runtime.interceptor !== undefined) throw new Error('only one interceptor can be attached to an actor')
  runtime.interceptor = interceptor
}

/** Serves the actor's functions and makes it known, if its parent does not; the actor is ready when this resolves. */
export async function serveFunctions(
  runtime: ActorRuntime,
  functions: Functions,
  options: { readonly state: Readonly<Record<string, unknown>>; readonly registering: Registering | undefined },
): Promise<void> {
  for (const [key, value] of Object.entries(options.state)) runtime.state.set(key, value)
  runtime.services.set('', functions)
  const { registering } = options
  if (registering !== undefined) return await register(runtime, Object.keys(functions), registering)
  const letGo = () => runInScope(runtime.scope, () => shield(() => askParentToLetGo(runtime)))
  runtime.lease = { fence: undefined, lost: new Promise(() => undefined), release: letGo }
  // While it ends nobody is to find it.
  runtime.scope.onCancel(() => void letGo())
}

/** Has its parent take the actor out of the registry. Never rejects: the end of its process says the same. */
async function askParentToLetGo(runtime: ActorRuntime): Promise<void> {
  const { parent } = runtime.options
  if (parent === undefined) return
  const asked = callService(runtime, { actor: parent, addresses: [] }, actorService, 'letGo', [runtime.self])
  await asked.catch(() => undefined)
}

/** How an actor is entered into the registry, and what is done if a lease on a name of its own is lost. */
export interface Registering {
  readonly listing: Listing
  /** Has the actor end: another may have its name. */
  onLost(error: Error): void
}

/** What is known of an actor of this host that is up. */
export function registrationOf(
  { tree }: ActorRuntime,
  address: ActorAddress,
  rest: {
    readonly pid: number
    readonly functions: readonly string[]
    readonly listing: Listing
    readonly parent: ActorId | undefined
  },
): Registration {
  const { pid, functions, listing, parent } = rest
  return {
    ...address,
    pid,
    host: tree.host,
    hostId: hostId(),
    functions,
    startedAt: Date.now(),
    ...listing,
    ...(parent === undefined ? {} : { parent }),
  }
}

/** Enters the actor into the registry, for as long as it lives. Throws what `Registry.register` does. */
export async function register(
  runtime: ActorRuntime,
  functions: readonly string[],
  { listing, onLost }: Registering,
): Promise<void> {
  const { parent } = runtime.options
  // In the actor's own scope, not that of the call that boots it: the lease is the actor's.
  const lease = await runInScope(runtime.scope, () =>
    runtime.registry.register(
      registrationOf(runtime, runtime.address, { pid: process.pid, functions, listing, parent }),
    ),
  )
  runtime.lease = lease
  void lease.lost.then(onLost)
}

/** The requests that every actor takes from others, and from its parent. */
function actorServices(stop: (reason: Error) => void): Functions {
  return {
    cancel(canceller: ActorId, reason: string): void {
      // After this call has been answered: the tasks to be cancelled include it.
      setImmediate(() => stop(new ContextCancelledError(canceller, reason)))
    },
    dump: (options?: DumpDepth) => dumpActor(currentRuntime(), options),
    vitals: () => treeVitals(currentRuntime()),
    letGo: async ({ id }: ActorId) => {
      for (const child of currentRuntime().children) if (child.id.id === id) await child.letGo()
    },
    drain(canceller: ActorId, reason = 'it has drained'): void {
      const runtime = currentRuntime()
      runtime.draining = true
      setImmediate(() => {
        drainRuntime(runtime).then(() => stop(new ContextCancelledError(canceller, reason)), stop)
      })
    },
  }
}

/** Waits until the calls that the actor has are finished; nobody finds it meanwhile. */
async function drainRuntime(runtime: ActorRuntime): Promise<void> {
  await runInScope(runtime.scope, () => runtime.lease?.release())
  for (;;) {
    const served = [...runtime.tasks].filter((task) => task.isUsers)
    if (served.length === 0) return
    await Promise.all(served.map((task) => task.settled))
  }
}

/** Serves the engine's own requests. */
export function serveActorService(runtime: ActorRuntime, more: Functions, stop: (reason: Error) => void): void {
  runtime.services.set(actorService, { ...actorServices(stop), ...more })
}

/** Answers SIGUSR2 with a dump of this actor and all below it, on stderr. Returns how to stop that. */
export function dumpOnSignal(runtime: ActorRuntime): () => void {
  const onSignal = () => {
    void runInScope(runtime.scope, () => dumpActor(runtime)).then((dump) => process.stderr.write(formatDump(dump)))
  }
  process.on('SIGUSR2', onSignal)
  return () => process.off('SIGUSR2', onSignal)
}

/** Ends the actor: cancels its tasks, waits for their `finally` as long as they have grace, and takes its leave. */
export async function stopRuntime(runtime: ActorRuntime, reason: Error): Promise<void> {
  runtime.scope.cancel(reason)
  while (runtime.tasks.size > 0) await Promise.all([...runtime.tasks].map((task) => task.settled))
  try {
    await closeShared(runtime)
  } finally {
    await bidFarewell(runtime)
    await runtime.closeRegistry()
    await runtime.channels.close(reasonText(reason))
  }
}

/** Waits for all that is to be done before the actor leaves. What fails of it is said, and keeps nobody from leaving. */
async function bidFarewell({ farewells, log }: ActorRuntime): Promise<void> {
  const results = await Promise.allSettled([...farewells].map(async (farewell) => await farewell()))
  for (const result of results) {
    if (result.status === 'rejected') log.warn('a module that is attached has failed to end', { err: result.reason })
  }
}
