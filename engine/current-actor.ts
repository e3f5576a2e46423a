import type { Logger } from 'pino'
import type { ActorRuntime } from './actor-runtime.ts'
import { type ActorId, UsageError } from './errors.ts'
import type { Registry } from './registry.ts'
import { ambientScope } from './scope.ts'

let processRuntime: ActorRuntime | undefined
let importing: string | undefined

/** Notes which actor module is being imported, or that none is any more. */
export function setImporting(url: string | undefined): void {
  importing = url
}

/** Throws if an actor's module, while it is imported by a new actor, tries to be the main program as well. */
export function refuseWhileImporting(what: string): void {
  if (importing === undefined) return
  throw new UsageError(
    `${what} was called while an actor imports ${importing}: a module that is both a program and an actor must guard ` +
      'its main part with: if (import.meta.main) await run(main)',
  )
}

/** The actor that the process or thread is, for code that runs outside any task. */
export function setProcessRuntime(runtime: ActorRuntime | undefined): void {
  processRuntime = runtime
}

/** The actor whose task is running; undefined where there is none. */
export function ambientRuntime(): ActorRuntime | undefined {
  return (ambientScope()?.owner as ActorRuntime | undefined) ?? processRuntime
}

/** The same, for code that cannot do without. */
export function currentRuntime(): ActorRuntime {
  const runtime = ambientRuntime()
  if (runtime === undefined) {
    throw new UsageError('there is no actor here: call it inside run(main), or open a root first (openRoot)')
  }
  return runtime
}

/** What an actor's own code may know of itself. */
export interface CurrentActor extends ActorId {
  readonly addresses: readonly string[]
  readonly parent: ActorId | undefined
  readonly registry: Registry
  /** Of an actor with a unique name: greater than that of whoever had it before. For what it writes elsewhere. */
  readonly fence: number | undefined
  /** Shared by all tasks of the actor; begins with the `state` it was spawned with. */
  readonly state: Map<string, unknown>
  /**
   * Writes to stderr, at the level that the root's `log`, or `FLOW_LOG`, gives this actor. Every line carries its name and id,
   * and the span that it was said in.
   */
  readonly log: Logger
}

/** The actor that the calling code runs in. Throws `UsageError` where there is none. */
export function currentActor(): CurrentActor {
  const runtime = currentRuntime()
  return {
    ...runtime.self,
    addresses: runtime.addresses,
    parent: runtime.options.parent,
    registry: runtime.registry,
    fence: runtime.lease?.fence,
    state: runtime.state,
    get log() {
      return runtime.log.logger
    },
  }
}
