import { type ActorId, FlowError } from './errors.ts'

/** The base of a registry's errors. Here with its interface, so that they cross from one actor to another as themselves. */
export abstract class RegistryError extends FlowError {
  abstract override readonly code: `FLOW_${string}`
}

/** No actor of that name was there in time. */
export class ActorNotFoundError extends RegistryError {
  readonly code = 'FLOW_ACTOR_NOT_FOUND'
  readonly actorName: string
  readonly timeoutMs: number

  constructor(actorName: string, timeoutMs: number) {
    super(`no actor called '${actorName}' was registered within ${timeoutMs} ms`)
    this.actorName = actorName
    this.timeoutMs = timeoutMs
  }
}

/** The registry that was asked for cannot be used. */
export class RegistryUnavailableError extends RegistryError {
  readonly code = 'FLOW_REGISTRY_UNAVAILABLE'
  readonly registry: string

  constructor(registry: string, why: string, options?: ErrorOptions) {
    super(`the registry '${registry}' is not available: ${why}`, options)
    this.registry = registry
  }
}

/** Who has a name, as far as the registry knows. */
export interface NameHolder extends ActorId {
  readonly host: string
  readonly pid: number
}

/** A name is another actor's alone, or is to be this actor's alone while somebody else has it. */
export class NameTakenError extends RegistryError {
  readonly code = 'FLOW_NAME_TAKEN'
  readonly actorName: string
  readonly holder: NameHolder

  constructor(actorName: string, holder: NameHolder) {
    super(
      `the name '${actorName}' is taken by actor '${holder.name}' (${holder.id}), process ${holder.pid} on ${holder.host}`,
    )
    this.actorName = actorName
    this.holder = holder
  }
}

/** A lease on a unique name, or a leadership, is lost: others may hold it now. */
export class LeaseLostError extends RegistryError {
  readonly code = 'FLOW_LEASE_LOST'
  readonly leaseName: string
  /** The number that the lease had; a holder after it has a greater one. */
  readonly fence: number | undefined

  constructor(leaseName: string, why: string, options: ErrorOptions & { fence?: number | undefined } = {}) {
    super(`the lease on '${leaseName}' is lost: ${why}`, options)
    this.leaseName = leaseName
    this.fence = options.fence
  }
}
