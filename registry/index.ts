export { findActor, getActor, getRegistry, waitForActor } from './discovery.ts'
export { ActorNotFoundError, RegistryError, RegistryUnavailableError } from './errors.ts'
export { MemoryRegistry } from './memory-registry.ts'
export { openNursery, openRoot, type RunOptions, run } from './root.ts'
