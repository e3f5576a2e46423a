import type { Graces, RuntimeOptions } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import type { ActorId } from './errors.ts'
import type { AttachedModule } from './interceptor.ts'

/** What a new process is told at its start, as JSON: who it is and the tree it belongs to. */
export interface BootSpec {
  readonly self: ActorId
  readonly parent: ActorId
  readonly root: ActorAddress
  readonly runDirectory: string
  readonly graces: Graces
  readonly maxFrameBytes: number
  readonly attached: readonly AttachedModule[]
  readonly registryModule: string
}

/** What an actor is told over its parent link once it is up: what to serve. */
export interface BootRequest {
  readonly url: string
  readonly functions: readonly string[]
  readonly state: Readonly<Record<string, unknown>>
}

/** The boot spec for a child of the actor with these options. */
export function bootSpecFor(child: ActorId, graces: Graces, parent: RuntimeOptions, address: ActorAddress): BootSpec {
  return {
    self: child,
    parent: parent.self,
    root: parent.root ?? address,
    runDirectory: parent.runDirectory,
    graces,
    maxFrameBytes: parent.maxFrameBytes,
    attached: parent.attached,
    registryModule: parent.registryModule,
  }
}
