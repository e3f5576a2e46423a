import type { ActorRuntime, ServedTask } from './actor-runtime.ts'
import type { SpawnOptions } from './child-actor.ts'
import { currentRuntime, refuseWhileImporting } from './current-actor.ts'
import type { CallArgs, Definition, Functions, RunName, RunResult } from './definition.ts'
import { ChannelBrokenError, ContextCancelledError, StreamClosedError, UsageError } from './errors.ts'
import { isConsequenceOf } from './joined-errors.ts'
import { loadOs } from './late-builtins.ts'
import { type Nursery, openNursery } from './nursery.ts'
import { OrderedMap } from './ordered-map.ts'
import type { Portal } from './portal.ts'
import { ambientScope, interruptible, isLoss, type Scope, shield } from './scope.ts'

/** Which actors a cluster is made of; the spawn options hold for each of them. */
export interface ClusterOptions<F extends Functions> extends SpawnOptions {
  readonly definition: Definition<F>
  /** How many actors; by default one for each core that this process may use. */
  readonly count?: number
  /** What they are called, with their number behind it: 'worker' gives worker-1, worker-2 and so on. */
  readonly name?: string
}

export interface MapOptions {
  /** Whether the results come in the order of the input (the default), or as they are ready. */
  readonly ordered?: boolean
  /** The most items taken from the input and not yet consumed as results; by default two for each actor. */
  readonly concurrency?: number
  /** Cancels the map; its consumer gets the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a function takes that is called for each item: its first parameter; `never` if it requires more than one. */
export type MapItem<Fn> =
  CallArgs<Fn> extends infer Args extends unknown[]
    ? Args extends []
      ? unknown
      : [Args[0]] extends Args
        ? Args[0]
        : never
    : never

/** The results of a map: a sequence that can be iterated once. Leaving it cancels what is under way and waits for that. */
export type MappedResults<R> = AsyncIterableIterator<R, undefined> & AsyncDisposable

interface Member<F extends Functions> {
  readonly portal: Portal<F>
  inFlightCount: number
}

/** How a cluster is seen from whoever keeps it open. */
interface ClusterLife {
  readonly signal: AbortSignal
  /** The scope that it was opened in: cancelling that is no failure of the cluster. */
  readonly outer: Scope
  /** Ends the actors; resolves when they have ended. */
  end(): Promise<unknown>
}

/**
 * Several actors of one definition, which share the work that is put to them; see `openCluster`. Disposing it ends them and
 * waits for their end.
 */
export class Cluster<F extends Functions> implements AsyncDisposable {
  /** A portal to each of the actors. */
  readonly portals: readonly Portal<F>[]
  readonly #runtime: ActorRuntime
  readonly #life: ClusterLife
  readonly #members: Member<F>[]
  readonly #maps = new Set<{ fail(error: unknown): Promise<void> }>()
  #closing: Promise<unknown> | undefined
  readonly #told = new Set<unknown>()

  constructor(runtime: ActorRuntime, portals: readonly Portal<F>[], life: ClusterLife) {
    this.#runtime = runtime
    this.#life = life
    this.portals = portals
    this.#members = portals.map((portal) => ({ portal, inFlightCount: 0 }))
    this.signal.addEventListener('abort', () => void this.#endMaps(this.#end() as Error), { once: true })
  }

  /** How many actors there are. */
  get count(): number {
    return this.portals.length
  }

  /** Aborts when one of the actors fails, or the cluster is cancelled from outside. */
  get signal(): AbortSignal {
    return this.#life.signal
  }

  /**
   * Calls a function of the actors with each item of a sequence and iterates the results. The next item goes to an actor
   * that has the fewest in hand. It works ahead of its consumer by `concurrency` items at most, and reads no more than
   * that of its input.
   *
   * The error of an item, or of the input, is thrown in its place, after the results before it (unordered: at once). It
   * cancels the rest, and so do leaving the results, a cancelled task and the end of one of the actors. When the consumer
   * hears of it, what was under way has ended and the input is closed.
   */
  map<K extends RunName<F>>(
    items: Iterable<MapItem<F[K]>> | AsyncIterable<MapItem<F[K]>>,
    functionName: K,
    options: MapOptions = {},
  ): MappedResults<RunResult<F[K]>> {
    const { ordered = true, concurrency = 2 * this.count, signal } = options
    requireCount('concurrency', concurrency)
    const onAbort = () => void map.fail(signal?.reason)
    const map = new OrderedMap<MapItem<F[K]>, RunResult<F[K]>>(items, {
      call: (item) => this.#call(functionName, item),
      ordered,
      concurrency,
      scope: ambientScope() ?? this.#runtime.scope,
      self: this.#runtime.self,
      graceMs: this.#runtime.options.graces.cancelGraceMs,
      explain: (error) => this.#explain(error),
      onTold: (error) => this.#tell(error),
      onEnd: () => {
        this.#maps.delete(map)
        signal?.removeEventListener('abort', onAbort)
      },
    })
    const ended = this.#end()
    if (ended !== undefined) void map.fail(ended)
    else if (signal?.aborted === true) onAbort()
    else {
      this.#maps.add(map)
      signal?.addEventListener('abort', onAbort, { once: true })
    }
    return map
  }

  /**
   * Ends the actors and waits until they have ended; what still runs in them is cancelled. Throws what has failed among
   * them, unless that was thrown already.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#endMaps(new StreamClosedError('the cluster was closed')).then(() => this.#life.end())
    try {
      await this.#closing
    } catch (error) {
      // A cancellation from outside is told by the waits of whoever was cancelled.
      if (error === this.#life.outer.reason) return
      const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
      if (errors.some((each) => this.#told.has(each))) return
      this.#tell(error)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #endMaps(error: Error): Promise<void> {
    await Promise.all(Array.from(this.#maps, (map) => map.fail(error)))
  }

  async #call<K extends RunName<F>>(functionName: K, item: MapItem<F[K]>): Promise<RunResult<F[K]>> {
    const member = this.#leastBusy()
    member.inFlightCount += 1
    try {
      return await member.portal.run(functionName, ...([item] as unknown[] as CallArgs<F[K]>))
    } finally {
      member.inFlightCount -= 1
    }
  }

  /** The one that has the fewest items in hand; of several, the one whose turn was longest ago. */
  #leastBusy(): Member<F> {
    const fewest = Math.min(...this.#members.map((member) => member.inFlightCount))
    const index = this.#members.findIndex((member) => member.inFlightCount === fewest)
    const [member] = this.#members.splice(index, 1) as [Member<F>]
    this.#members.push(member)
    return member
  }

  /** What a new map fails with: the cluster has failed, was cancelled or closed. */
  #end(): unknown {
    if (this.signal.aborted) return this.#failure() ?? this.signal.reason
    return this.#closing === undefined ? undefined : new UsageError('the cluster was closed: open another one')
  }

  /** What has failed in the cluster. */
  #failure(): unknown {
    const reason: unknown = this.signal.reason
    // The nursery says with what it cancelled the others; from outside comes another one's reason.
    const isOwn = reason instanceof ContextCancelledError && reason !== this.#life.outer.reason
    return isOwn ? reason.cause : undefined
  }

  /** Finds what is behind the error of a map: how an actor ended says more than that its channel broke. */
  async #explain(error: unknown): Promise<unknown> {
    if (error instanceof ChannelBrokenError) {
      const lost = this.portals.find((portal) => portal.actor.id === error.peer.id)
      if (lost !== undefined) await shield(() => lost.cancelActor('its channel broke'))
      // Its nursery hears of it in the same turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const failure = this.#failure()
    if (failure === undefined) return error
    const isFollowing = error === failure || isLoss(error) || isConsequenceOf(error, this.signal.reason as Error)
    return isFollowing ? failure : error
  }

  #tell(error: unknown): void {
    for (const each of error instanceof AggregateError ? error.errors : [error]) this.#told.add(each)
  }
}

/**
 * Opens several actors of one definition, started at the same time: one for each core, or `count`. They belong to the
 * cluster: with a `body` they end when that does, and without one when the cluster is disposed, and in any case with the
 * scope or the actor that opened them. If one fails the others are cancelled, and so is every map.
 *
 * With a `body` the cluster is a nursery, which resolves to what the body returns and throws what failed. Without, the
 * failure of an actor is thrown by the map in hand, by the next one or else when the cluster is disposed.
 */
export function openCluster<F extends Functions>(options: ClusterOptions<F>): Promise<Cluster<F>>
export function openCluster<F extends Functions, T>(
  options: ClusterOptions<F>,
  body: (cluster: Cluster<F>) => Promise<T> | T,
): Promise<T>
export async function openCluster<F extends Functions, T>(
  options: ClusterOptions<F>,
  body?: (cluster: Cluster<F>) => Promise<T> | T,
): Promise<Cluster<F> | T> {
  refuseWhileImporting('openCluster')
  requireCount('count', options.count ?? 1)
  return await (body === undefined ? openHeldCluster(options) : openClusterFor(options, body))
}

function openClusterFor<F extends Functions, T>(
  options: ClusterOptions<F>,
  body: (cluster: Cluster<F>) => Promise<T> | T,
): Promise<T> {
  const outer = ambientScope() ?? currentRuntime().scope
  return openNursery(async (nursery) => {
    const portals = await startActors(nursery, options)
    const end = () => cancelAll(portals)
    const cluster = new Cluster(currentRuntime(), portals, { signal: nursery.signal, outer, end })
    let value: T
    try {
      value = await body(cluster)
    } catch (error) {
      // What fails at its end is known to the nursery.
      await cluster.close().catch(() => undefined)
      throw error
    }
    await cluster.close()
    return value
  })
}

/** The cluster is a nursery whose body waits until it is closed. */
async function openHeldCluster<F extends Functions>(options: ClusterOptions<F>): Promise<Cluster<F>> {
  const runtime = currentRuntime()
  const outer = ambientScope() ?? runtime.scope
  const opened = Promise.withResolvers<Cluster<F>>()
  const closed = Promise.withResolvers<void>()
  let cancel = (_reason: Error): void => undefined
  const ended = openNursery(async (nursery) => {
    cancel = (reason) => nursery.cancel(reason.message)
    runtime.scope.onCancel(cancel)
    const portals = await startActors(nursery, options)
    const end = () => {
      closed.resolve()
      return ended
    }
    opened.resolve(new Cluster(runtime, portals, { signal: nursery.signal, outer, end }))
    await interruptible(closed.promise)
    await cancelAll(portals)
  })
  // Nobody can be made to dispose it: the actor that opened it waits for it at its end.
  const task: ServedTask = {
    isUsers: false,
    settled: ended
      .then(() => opened.reject(runtime.scope.reason), opened.reject)
      .finally(() => {
        runtime.scope.offCancel(cancel)
        runtime.tasks.delete(task)
      }),
  }
  runtime.tasks.add(task)
  return await opened.promise
}

async function startActors<F extends Functions>(nursery: Nursery, options: ClusterOptions<F>): Promise<Portal<F>[]> {
  const { definition, count = loadOs().availableParallelism(), name = 'worker', ...spawnOptions } = options
  const names = Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)
  return await Promise.all(names.map((each) => nursery.startActor(each, definition, spawnOptions)))
}

async function cancelAll(portals: readonly Portal<Functions>[]): Promise<void> {
  await Promise.all(portals.map((portal) => portal.cancelActor('its cluster was closed')))
}

function requireCount(what: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return
  throw new UsageError(`${what} must be a whole number from 1 up, not ${count}`)
}
