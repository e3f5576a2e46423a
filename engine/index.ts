export { startActivity, withinActivity } from './activity.ts'
export type { ActorAddress } from './address.ts'
export { askActor } from './ask-actor.ts'
export { Batch, batch, type ItemOf } from './batch.ts'
export type { CallOptions } from './call.ts'
export type { SpawnOptions } from './child-actor.ts'
export {
  type Cluster,
  type ClusterOptions,
  type MapItem,
  type MapOptions,
  type MappedResults,
  openCluster,
} from './cluster.ts'
export { type Context, type ContextFunction, context, isContextFunction } from './context.ts'
export { continuedTrace, continueTrace } from './continue-trace.ts'
export {
  areAnyKnown,
  Contributors,
  contribute,
  contributeTo,
  contributorsOf,
  isJoined,
  madeOf,
} from './contributors.ts'
export { ambientRuntime, type CurrentActor, currentActor, currentRuntime } from './current-actor.ts'
export {
  type CallArgs,
  type ContextHandle,
  type ContextName,
  type Definition,
  defineActor,
  type Functions,
  type RunName,
  type RunResult,
  type StreamItem,
  type StreamName,
} from './definition.ts'
export { type ActorDump, formatDump, requestDump, type SilentActor } from './dump.ts'
export { dumpAt } from './dump-at.ts'
export {
  ActorDrainingError,
  ActorExitError,
  type ActorId,
  ActorTooSlowError,
  ChannelBrokenError,
  ChannelClosedError,
  ContextCancelledError,
  ContextLimitError,
  DeadlineExceededError,
  FlowError,
  FrameTooLargeError,
  NotEncodableError,
  NotExposedError,
  ProtocolError,
  RemoteActorError,
  SpawnError,
  StreamClosedError,
  StreamLaggedError,
  StreamOverrunError,
  UnauthenticatedError,
  UsageError,
  VersionMismatchError,
} from './errors.ts'
export { type ItemGiver, isSampled, isTentative } from './hand.ts'
export { hasSameFiles, hostId, isSameHost } from './host-id.ts'
export { importDefinition } from './import-actor-module.ts'
export type {
  ActiveTrace,
  Activity,
  AmbientTrace,
  Attach,
  AttachedModule,
  Attachment,
  Call,
  Details,
  Followed,
  Headers,
  Hop,
  Interceptor,
  ItemArrival,
  ItemDeparture,
  JoinedItems,
  LogWatcher,
  Outcome,
  ReceivedHeaders,
  Tentative,
  TraceIds,
  Unasked,
} from './interceptor.ts'
export {
  adoptItemTrace,
  createItems,
  dropItem,
  followsItems,
  handChanges,
  heldTrace,
  itemTraceOf,
  leaveItems,
  noteBatchTrace,
  PullingApart,
  takeItem,
} from './item-trace.ts'
export type { LedgerEntry, LedgerEvent, LedgerNote, LedgerOptions } from './ledger.ts'
export { fitsActor, parseLevels } from './log-levels.ts'
export { describeActor, describeError, type LogRecord } from './log-record.ts'
export { type LogSettings, resolveLog } from './log-settings.ts'
export type { Member } from './member.ts'
export type { MessageStream } from './message-stream.ts'
export { fromNodeReadable, type NodeReadableOptions, toNodeReadable } from './node-streams.ts'
export { type Nursery, type NurseryOptions, openNursery, type ResultPortal } from './nursery.ts'
export type { NurseryEvent } from './nursery-events.ts'
export type { OpenContext } from './open-context.ts'
export { Portal } from './portal.ts'
export { openReservedStdout } from './process/reserved-stdout.ts'
export { addReporter, queuedItemCount } from './read-vitals.ts'
export type { Capabilities, Registration, RegistryChange } from './registration.ts'
export type {
  Lease,
  LookupOptions,
  OpenRegistry,
  Registry,
  RegistryHost,
  RetireOptions,
  WaitOptions,
} from './registry.ts'
export {
  ActorNotFoundError,
  LeaseLostError,
  type NameHolder,
  NameTakenError,
  RegistryError,
  RegistryUnavailableError,
} from './registry-errors.ts'
export type { Distribution, LoopReport, ProgressReport, WorkReport } from './report.ts'
export { openRootActor, type RegistrySource, type Root, type RootOptions, runRootActor } from './root.ts'
export { findRootSockets, removeStaleRunDirectories } from './run-directory.ts'
export {
  currentSignal,
  failAfter,
  interruptible,
  isCancellationOf,
  moveOnAfter,
  shield,
  sleep,
  withSignal,
} from './scope.ts'
export { type Closable, type Resource, type ResourceValue, type Shared, shared } from './shared-resource.ts'
export type { SubscribeOptions, Subscription } from './subscription.ts'
export type { BackoffOptions, SupervisionOptions } from './supervision.ts'
export { TimeSlice } from './time-slice.ts'
export type { EdgeTraffic } from './traffic.ts'
export { transfer } from './transfer.ts'
export type { TlsOptions } from './transports/tcp.ts'
export { isLoopback, parseTcpAddress } from './transports/tcp-address.ts'
export type { ActorVitals, TreeVitals } from './vitals.ts'
export { fromWebStream, toWebStream } from './web-streams.ts'
