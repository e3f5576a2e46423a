export type {
  Capabilities,
  Lease,
  LedgerEntry,
  LedgerEvent,
  LedgerNote,
  LedgerOptions,
  LookupOptions,
  OpenRegistry,
  Registration,
  Registry,
  RegistryChange,
  RegistryHost,
  RetireOptions,
  WaitOptions,
} from '../engine/index.ts'
export {
  ActorNotFoundError,
  LeaseLostError,
  type NameHolder,
  NameTakenError,
  RegistryError,
  RegistryUnavailableError,
} from '../engine/index.ts'
export {
  type FindOptions,
  findActor,
  findActors,
  getActor,
  getRegistry,
  type WaitForActorOptions,
  waitForActor,
  watchActors,
} from './discovery.ts'
export { findHeldRegistrations } from './embedded-registry.ts'
export { holdLeadership } from './leadership.ts'
export { MemoryRegistry } from './memory-registry.ts'
export { reachable as reachableAddress } from './presence.ts'
export { openCluster, openNursery, openRoot, type RunOptions, run } from './root.ts'
export type { Selection } from './selection.ts'
