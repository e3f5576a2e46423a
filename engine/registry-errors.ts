import { FlowError } from './errors.ts'

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
