import type { ActorAddress } from './address.ts'
import { BoundedCounts } from './bounded-counts.ts'
import type { Channel } from './channel.ts'
import { ChannelPool } from './channel-pool.ts'
import { type CreditWindow, defaultWindow } from './credit.ts'
import type { Functions } from './definition.ts'
import { type ActorId, UsageError } from './errors.ts'
import type { CallKind, StartFrame } from './frame.ts'
import type { Interceptor, LogWatcher } from './interceptor.ts'
import type { LedgerNote } from './ledger.ts'
import { type Log, logOf } from './log.ts'
import type { Member } from './member.ts'
import type { WarmProcesses } from './process/warm-processes.ts'
import type { Lease, Registry, RetireOptions } from './registry.ts'
import type { Reporter } from './report.ts'
import { runInScope, Scope } from './scope.ts'
import { TrafficTotals } from './traffic.ts'
import { type Graces, gracesBelow, type Secrets, type Tree } from './tree.ts'

export interface RuntimeOptions {
  readonly self: ActorId
  readonly parent?: ActorId
  /** The pipeline that it works for. */
  readonly pipeline?: string | undefined
  /** What it has itself when it is to end. */
  readonly graces: Graces
  /** What it gives its children; by default less than it has itself. */
  readonly childGraces: Graces | undefined
  readonly tree: Tree
}

/** A task that runs here for a caller. */
export interface ServedTask {
  readonly settled: Promise<void>
  /** Whether it is the user's, and not one of the engine's own requests. */
  readonly isUsers: boolean
}

/** A child as its parent's runtime knows it. */
export interface OwnedActor {
  readonly id: ActorId
  readonly pid: number | undefined
  readonly address: ActorAddress
  readonly pipeline: string | undefined
  /** Takes it out of the registry, if this side has registered it: nobody is to find it any more. Never rejects. */
  letGo(): Promise<void>
}

// Of errors and of children: both can have any name.
export const maxCountedNames = 64

/**
 * What makes a process, a thread or a place in one an actor: its identity, its channels, what it serves and the scope that
 * all its tasks are in.
 */
export class ActorRuntime {
  readonly options: RuntimeOptions
  readonly self: ActorId
  readonly scope: Scope
  readonly state: Map<string, unknown> = new Map()
  /** What may be called here: under '' the definition's functions, under other names the engine's own services. */
  readonly services: Map<string, Functions> = new Map()
  readonly window: CreditWindow = defaultWindow
  readonly tasks: Set<ServedTask> = new Set()
  readonly children: Set<OwnedActor> = new Set()
  readonly traffic: TrafficTotals = new TrafficTotals()
  /** Its children that were started again, and the calls that failed here. */
  readonly restarts: BoundedCounts = new BoundedCounts(maxCountedNames)
  readonly errors: BoundedCounts = new BoundedCounts(maxCountedNames)
  /** What layers above the engine have to say of their work here. */
  readonly reporters: Set<Reporter> = new Set()
  /** What is to be done, and waited for, before it takes its leave. */
  readonly farewells: Set<() => Promise<void>> = new Set()
  readonly channels: ChannelPool
  readonly childGraces: Graces
  readonly log: Log
  tree: Tree
  secrets: Secrets = {}
  interceptor: Interceptor | undefined
  readonly logWatchers: LogWatcher[] = []
  lease: Lease | undefined
  /** Processes that wait for actors; of a root only. */
  warmProcesses: WarmProcesses | undefined
  /** True once it takes no more calls. */
  draining = false
  /** The kinds of calls that it has taken for users: a bit for each `CallKind`. */
  takenKinds = 0
  /** What is done at the first of them. */
  onFirstCall: (() => void) | undefined
  /** Which actors it has started: 1 for processes, 2 for threads. */
  startedKinds = 0
  #registry: Registry | undefined

  constructor(options: RuntimeOptions, serve: (runtime: ActorRuntime, channel: Channel, frame: StartFrame) => void) {
    this.options = options
    this.self = options.self
    this.tree = options.tree
    this.childGraces = options.childGraces ?? gracesBelow(options.graces)
    const activeTrace = () => this.interceptor?.activeTrace?.()
    this.log = logOf(this.member, options.tree.log, { activeTrace })
    this.scope = new Scope(this)
    this.channels = new ChannelPool({
      self: options.self,
      tree: options.tree,
      secrets: () => this.secrets,
      onStart: (channel, frame) => serve(this, channel, frame),
    })
  }

  /** Who it is, and what for. */
  get member(): Member {
    return { ...this.self, pipeline: this.options.pipeline }
  }

  get registry(): Registry {
    if (this.#registry === undefined) throw new UsageError('this actor has no registry')
    return this.#registry
  }

  set registry(registry: Registry) {
    this.#registry = registry
  }

  /** Takes note of a call for the user's functions. */
  took(kind: CallKind): void {
    if (this.takenKinds === 0) this.onFirstCall?.()
    this.takenKinds |= 1 << kind
  }

  /** The log of an actor that it owns, for what is to be said of that one from outside. */
  logAbout(actor: Member): Log {
    const log = logOf(actor, this.tree.log)
    for (const watcher of this.logWatchers) log.watch(watcher)
    return log
  }

  /** Tells the ledger, if there is a registry. */
  note(event: LedgerNote): void {
    const registry = this.#registry
    if (registry !== undefined) runInScope(this.scope, () => registry.note(event))
  }

  /** Says that an actor has ended without taking its leave. */
  async retire(actor: ActorId, options: RetireOptions): Promise<void> {
    await runInScope(this.scope, () => this.#registry?.retire(actor, options))
  }

  async closeRegistry(): Promise<void> {
    await this.#registry?.close()
  }

  /** Where others are told that this actor is. */
  get addresses(): readonly string[] {
    return this.channels.addresses
  }

  /** Where this actor can be reached, for others. */
  get address(): ActorAddress {
    return { actor: this.self, addresses: this.addresses }
  }

  /** Where those of its tree reach it. */
  get treeAddress(): ActorAddress {
    return { actor: this.self, addresses: this.channels.treeAddresses }
  }
}
