import { hostname } from 'node:os'
import { ActorRuntime, currentRuntime, type RuntimeOptions, setImporting } from './actor-runtime.ts'
import type { BootRequest } from './boot-spec.ts'
import { serveStart } from './callee.ts'
import { type Functions, isDefinition } from './definition.ts'
import { type ActorId, ContextCancelledError, UsageError } from './errors.ts'
import type { Attach, Interceptor } from './interceptor.ts'
import { actorService } from './portal.ts'
import type { OpenRegistry } from './registry.ts'
import { reasonText, runInScope } from './scope.ts'

/** Makes the bare runtime of an actor; `bringUp` does the rest. */
export function createRuntime(options: RuntimeOptions): ActorRuntime {
  return new ActorRuntime(options, serveStart)
}

/** Listens, attaches what the root asked for and opens the registry. */
export async function bringUp(runtime: ActorRuntime, openRegistry?: OpenRegistry): Promise<void> {
  const { attached, registryModule, root } = runtime.options
  const open = openRegistry ?? (import(registryModule) as Promise<{ openRegistry: OpenRegistry }>)
  await Promise.all([
    runtime.listen(),
    ...attached.map(async (module) => {
      const { attach } = (await import(module.url)) as { attach: Attach }
      await attach({ actor: runtime.self, intercept: (interceptor) => intercept(runtime, interceptor) }, module.options)
    }),
  ])
  const opener = typeof open === 'function' ? open : (await open).openRegistry
  runtime.registry = await opener({
    actor: runtime.self,
    root,
    serve: (service, functions) => runtime.services.set(service, functions),
  })
}

function intercept(runtime: ActorRuntime, interceptor: Interceptor): void {
  if (runtime.interceptor !== undefined) throw new Error('only one interceptor can be attached to an actor')
  runtime.interceptor = interceptor
}

/** Imports the actor's module, serves its functions and makes it known; the actor is ready when this resolves. */
export async function serveDefinition(runtime: ActorRuntime, request: BootRequest): Promise<void> {
  const functions = await importDefinition(request)
  for (const [key, value] of Object.entries(request.state)) runtime.state.set(key, value)
  runtime.services.set('', functions)
  await register(runtime, Object.keys(functions))
}

/** Enters the actor into the registry, for as long as it lives. */
export async function register(runtime: ActorRuntime, functions: readonly string[]): Promise<void> {
  const { parent } = runtime.options
  // In the actor's own scope, not that of the call that boots it: the lease is the actor's.
  await runInScope(runtime.scope, () =>
    runtime.registry.register({
      ...runtime.address,
      pid: process.pid,
      host: hostname(),
      functions,
      startedAt: Date.now(),
      ...(parent === undefined ? {} : { parent }),
    }),
  )
}

async function importDefinition(request: BootRequest): Promise<Functions> {
  setImporting(request.url)
  let module: Record<string, unknown>
  try {
    module = (await import(request.url)) as Record<string, unknown>
  } finally {
    setImporting(undefined)
  }
  const definitions = Object.values(module).filter((value) => isDefinition(value))
  const wanted = [...request.functions].sort().join()
  const match = definitions.find((each) => Object.keys(each.functions).sort().join() === wanted)
  if (match !== undefined) return match.functions
  const what =
    definitions.length === 0
      ? `${request.url} exports no actor definition: add export default defineActor(import.meta.url, { ... })`
      : `${request.url} exports no actor definition with the functions ${request.functions.join(', ')}`
  throw new UsageError(what)
}

/** The requests that every actor takes from others, and from its parent. */
function actorServices(stop: (reason: Error) => void): Functions {
  return {
    cancel(canceller: ActorId, reason: string): void {
      currentRuntime()
      // After this call has been answered: the tasks to be cancelled include it.
      setImmediate(() => stop(new ContextCancelledError(canceller, reason)))
    },
  }
}

/** Serves the engine's own requests. */
export function serveActorService(runtime: ActorRuntime, more: Functions, stop: (reason: Error) => void): void {
  runtime.services.set(actorService, { ...actorServices(stop), ...more })
}

/** Ends the actor: cancels its tasks, waits for their `finally` as long as they have grace, and takes its leave. */
export async function stopRuntime(runtime: ActorRuntime, reason: Error): Promise<void> {
  runtime.scope.cancel(reason)
  while (runtime.tasks.size > 0) await Promise.all([...runtime.tasks].map((task) => task.settled))
  await runtime.interceptor?.shutdown?.()
  await runtime.closeRegistry()
  await runtime.close(reasonText(reason))
}
