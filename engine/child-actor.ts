import { inspect } from 'node:util'
import { registrationOf } from './actor-lifetime.ts'
import type { ActorRuntime, OwnedActor } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import type { BootRequest, BootSpec } from './boot-spec.ts'
import { type Definition, type Functions, isDefinition } from './definition.ts'
import {
  ActorExitError,
  type ActorId,
  ChannelBrokenError,
  ChannelClosedError,
  ContextCancelledError,
  FlowError,
  RemoteActorError,
  SpawnError,
  UsageError,
} from './errors.ts'
import { withinGrace } from './grace.ts'
import { launchInline } from './inline/launch.ts'
import { loadFiles } from './late-builtins.ts'
import { type Exit, endLaunched, type Launched, type Step } from './launched.ts'
import { type Listing, listingOf } from './listing.ts'
import { lookUpModule, type ModuleLookup } from './module-lookup.ts'
import { newActorId } from './new-id.ts'
import { actorService, callService } from './portal.ts'
import { launchProcess } from './process/launch.ts'
import type { LaunchOptions } from './process/start.ts'
import type { WarmProcesses } from './process/warm-processes.ts'
import type { Registration } from './registration.ts'
import type { Lease } from './registry.ts'
import { NameTakenError } from './registry-errors.ts'
import { runInScope, shield } from './scope.ts'
import { launchThread } from './thread/launch.ts'
import { checkGraces, type Graces } from './tree.ts'

/** How an actor is spawned. */
export interface SpawnOptions extends LaunchOptions, Listing {
  /**
   * Where it runs: in a process of its own (the default), in a thread of this process, or inline, in this thread. The
   * results are the same. A thread cannot be stopped by a signal; an inline actor shares this thread's time and modules.
   */
  readonly spawn?: 'process' | 'thread' | 'inline'
  /** The first entries of its `currentActor().state`. */
  readonly state?: Readonly<Record<string, unknown>>
  /** The pipeline that it works for, named in its traces, metrics and logs; by default that of whoever starts it. */
  readonly pipeline?: string
  /** The addresses at which it listens instead of the usual ones: `tcp://127.0.0.1:0`, `unix:/path`. */
  readonly listen?: readonly string[]
  /** The TCP addresses that others are told in the place of those; port 0 is the one at which it listens. */
  readonly advertise?: readonly string[]
  /** How long it may take to end once it is asked to; then it gets SIGTERM. Milliseconds. */
  readonly cancelGraceMs?: number
  /** How long it may take after SIGTERM; then it gets SIGKILL. Milliseconds. */
  readonly terminateGraceMs?: number
}

// What was still on its way is there at once; only a stranger that holds the link open would have it last longer. The
// same for a process whose link broke: it is about to be gone.
const linkGraceMs = 1_000

/** An actor has gone when its process has, and what it said last was heard: whoever waits for it finds no trace of it. */
async function exitWithLink(launched: Launched, linkGone: Promise<void>): Promise<Exit> {
  const exit = await launched.exited
  const timer = setTimeout(() => launched.link.destroy(), linkGraceMs)
  await linkGone
  clearTimeout(timer)
  return exit
}

const startedKinds = { process: 1, thread: 2, inline: 0 } as const

function launch(
  spec: BootSpec,
  definition: Definition<Functions>,
  options: SpawnOptions,
  warm: WarmProcesses | undefined,
): Launched {
  switch (options.spawn) {
    case undefined:
    case 'process':
      return launchProcess(spec, options, warm)
    case 'thread':
      return launchThread(spec, options)
    case 'inline':
      return launchInline(spec, definition)
    default:
      throw new UsageError(`spawn: must be 'process', 'thread' or 'inline', not '${String(options.spawn)}'`)
  }
}

/** Throws `UsageError` for what could only fail later, and less clearly. */
function checkActor(name: unknown, definition: unknown, { listen, advertise }: SpawnOptions): void {
  if (typeof name !== 'string' || name === '') throw new UsageError(`an actor needs a name, not ${inspect(name)}`)
  if (!isDefinition(definition)) {
    const what = definition === undefined ? 'undefined (a cycle of imports?)' : inspect(definition, { depth: 0 })
    throw new UsageError(
      `actor '${name}' needs the definition that defineActor(import.meta.url, {…}) makes, not ${what}`,
    )
  }
  for (const [option, list] of Object.entries({ listen, advertise })) {
    if (list === undefined || (Array.isArray(list) && list.every((address) => typeof address === 'string'))) continue
    throw new UsageError(`${option} of actor '${name}' must be a list of addresses, not ${inspect(list)}`)
  }
}

/** A child from its parent's side: what runs it, its channel and its end. Owned by the nursery that started it. */
export class ChildActor implements OwnedActor {
  readonly id: ActorId
  readonly pipeline: string | undefined
  /** Resolves when what ran it has ended and its link is closed. */
  readonly exited: Promise<Exit>
  readonly #runtime: ActorRuntime
  readonly #definition: Definition<Functions>
  readonly #options: SpawnOptions
  readonly #graces: Graces
  readonly #listing: Listing
  readonly #launched: Launched
  /** Resolves when its link is gone: nothing can be asked of it any more. */
  readonly unreachable: Promise<void>
  #address: ActorAddress
  // On its name, if this side has registered it; and whether that is over.
  #lease: Lease | undefined
  #letsGo = false
  #goodbye: Error | undefined
  #gone = false
  #leftUnasked = false
  // This side has sent it a signal.
  #forced = false
  #ending: Promise<Exit> | undefined
  #exitError: ActorExitError | undefined

  constructor(runtime: ActorRuntime, name: string, definition: Definition<Functions>, options: SpawnOptions) {
    checkActor(name, definition, options)
    this.id = { name, id: newActorId() }
    this.pipeline = options.pipeline ?? runtime.options.pipeline
    this.#address = { actor: this.id, addresses: [] }
    this.#runtime = runtime
    this.#definition = definition
    this.#options = options
    const { cancelGraceMs, terminateGraceMs } = runtime.childGraces
    this.#graces = {
      cancelGraceMs: options.cancelGraceMs ?? cancelGraceMs,
      terminateGraceMs: options.terminateGraceMs ?? terminateGraceMs,
    }
    checkGraces(this.#graces)
    this.#listing = listingOf(options)
    const { tree, self, treeAddress } = runtime
    const spec: BootSpec = {
      self: this.id,
      parent: self,
      pipeline: this.pipeline,
      graces: this.#graces,
      tree: { ...tree, registrar: tree.registrar ?? treeAddress },
      ...(options.listen === undefined ? {} : { listen: options.listen }),
      ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
    }
    try {
      this.#launched = launch(spec, definition, options, runtime.warmProcesses)
      runtime.startedKinds |= startedKinds[options.spawn ?? 'process']
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new SpawnError(this.id, error instanceof Error ? error.message : String(error), { cause: error })
    }
    const linkGone = Promise.withResolvers<void>()
    this.unreachable = linkGone.promise
    this.exited = exitWithLink(this.#launched, linkGone.promise).then((exit) => this.#retire(exit))
    runtime.children.add(this)
    void this.exited.then((exit) => this.#tidy(exit))
    runtime.channels.open(this.#launched.link, {
      opener: true,
      peer: this.id,
      link: true,
      onGone: (error) => {
        linkGone.resolve()
        if (!(error instanceof ChannelClosedError)) this.#lostLink(error)
      },
      explainLoss: async (error) => (await this.unexpectedEnd()) ?? error,
    })
  }

  #lostLink(error: Error): void {
    this.#goodbye = error
    // The link breaks before the exit is reported, and what that sets off may ask the actor to end.
    this.#leftUnasked = !this.ending
    // An actor without a link is out of reach. One that is frozen, or has broken the rules, does not end by itself.
    const frozen = this.#wasFrozen
    if (frozen) this.#report(`gave no sign of life for too long (${error.message}): killed it`)
    const timer = setTimeout(() => this.#kill(), frozen ? 0 : linkGraceMs + this.#graces.cancelGraceMs)
    void this.#launched.exited.then(() => clearTimeout(timer))
  }

  get #wasFrozen(): boolean {
    return this.#goodbye instanceof ChannelBrokenError && this.#goodbye.frozen
  }

  /** Whoever waits for its end does not find it any more. One that did not end in order did not let go of its name itself. */
  async #retire(exit: Exit): Promise<Exit> {
    if (this.#tookLeave(exit)) {
      await withinGrace(this.letGo(), linkGraceMs, [])
    } else {
      const how = exit.signal === null ? `with exit code ${exit.exitCode}` : `by ${exit.signal}`
      const retired = this.#runtime.retire(this.id, { why: `its process ended ${how}`, certain: true })
      if (this.#listing.unique === true) await withinGrace(retired, linkGraceMs, [])
      void this.letGo()
    }
    return exit
  }

  /** An actor that did not end in order leaves its socket behind. */
  async #tidy(exit: Exit): Promise<void> {
    this.#gone = true
    this.#runtime.children.delete(this)
    if (this.#tookLeave(exit)) return
    await loadFiles()
      .rm(`${this.#runtime.tree.runDirectory}/${this.id.id}.sock`, { force: true })
      .catch(() => undefined)
  }

  get pid(): number | undefined {
    return this.#launched.pid
  }

  #tookLeave({ exitCode }: Exit): boolean {
    return this.#goodbye instanceof ChannelBrokenError && this.#goodbye.goodbye !== undefined && exitCode === 0
  }

  /** Where it is, or was. */
  get address(): ActorAddress {
    return this.#address
  }

  /** True once this side asked it to end. */
  get ending(): boolean {
    return this.#ending !== undefined
  }

  /** Resolves when the actor is ready for calls. Throws `SpawnError`, with what its module threw as the cause, or `NameTakenError`. */
  async boot(): Promise<void> {
    const { url, functions } = this.#definition
    const request: BootRequest = {
      url,
      lookup: this.#lookUpModule(),
      functions: Object.keys(functions),
      state: this.#options.state ?? {},
      secrets: this.#runtime.secrets,
      listing: this.#listing,
      registeredByParent: this.#isRegisteredHere,
    }
    const booted = this.#requestBoot(request)
    // The answer may never come: then the exit says why.
    booted.catch(() => undefined)
    const exit = await Promise.race([booted, this.exited])
    if (!Array.isArray(exit)) throw this.#spawnError(exit as Exit)
    this.#address = { actor: this.id, addresses: exit }
    if (!this.#isRegisteredHere) return
    const registered = this.#register(request.functions)
    // The registry may never answer: then it ends as one that does not start.
    registered.catch(() => undefined)
    const ended = await Promise.race([registered, this.exited])
    if (ended !== undefined) throw this.#spawnError(ended)
  }

  #lookUpModule(): ModuleLookup | undefined {
    const { spawn } = this.#options
    const lookup = spawn === 'inline' ? undefined : lookUpModule(this.#definition.url)
    // There may be hooks: a thread has those of its process, and what is attached may bring some.
    const hasHooks = spawn === 'thread' || this.#runtime.tree.attached.length > 0
    return lookup === undefined || !hasHooks ? lookup : { ...lookup, isAtItsUrl: false }
  }

  // It takes a new process longer to say so itself than all the rest of its first words.
  get #isRegisteredHere(): boolean {
    return this.#runtime.registry.registerChild !== undefined && this.#listing.unique !== true
  }

  async #register(functions: readonly string[]): Promise<void> {
    const runtime = this.#runtime
    const known = { pid: this.pid ?? process.pid, functions, listing: this.#listing, parent: runtime.self }
    const registration = registrationOf(runtime, this.#address, known)
    // In this actor's own scope: its lease is not that of the task that starts it.
    const lease = await runInScope(runtime.scope, () => this.#leaseFor(registration))
    if (lease === undefined) return
    this.#lease = lease
    if (this.#letsGo) return await lease.release()
    void lease.lost.then((error) => this.#tell('lose', error))
  }

  async #leaseFor(registration: Registration): Promise<Lease | undefined> {
    try {
      return await this.#runtime.registry.registerChild?.(registration)
    } catch (error) {
      if (!(error instanceof FlowError) || error instanceof NameTakenError || error instanceof ContextCancelledError) {
        throw error
      }
      throw new SpawnError(this.id, `${error.name}: ${error.message}`, { cause: error })
    }
  }

  async letGo(): Promise<void> {
    this.#letsGo = true
    const lease = this.#lease
    if (lease === undefined) return
    // What the registry cannot be told, it learns by the end of the process.
    await runInScope(this.#runtime.scope, () => shield(() => lease.release())).catch(() => undefined)
  }

  async #requestBoot(request: BootRequest): Promise<readonly string[]> {
    try {
      // It goes out together with what the process is told first: nobody else can be at the other end.
      return (await callService(this.#runtime, this.#address, actorService, 'boot', [request])) as readonly string[]
    } catch (error) {
      if (error instanceof ChannelBrokenError || error instanceof ActorExitError) {
        throw this.#spawnError(await this.exited)
      }
      if (!(error instanceof RemoteActorError)) throw error
      if (error.cause instanceof NameTakenError) throw error.cause
      throw new SpawnError(this.id, `${error.remoteName}: ${error.message}`, { cause: error })
    }
  }

  #spawnError(exit: Exit): SpawnError {
    if (exit.failure !== undefined) return new SpawnError(this.id, exit.failure.message, { cause: exit.failure })
    const how = exit.signal === null ? `exit code ${exit.exitCode}` : exit.signal
    const { goodbye } = this.#goodbye instanceof ChannelBrokenError ? this.#goodbye : {}
    const lastWords = goodbye === undefined ? '' : `: ${goodbye}`
    const what = this.#options.spawn === 'thread' ? 'thread' : 'process'
    return new SpawnError(this.id, `its ${what} ended while it started (${how})${lastWords}`, { cause: this.#goodbye })
  }

  /** Resolves to the error of an end that nobody asked for, or to undefined after an orderly one. */
  async unexpectedEnd(): Promise<ActorExitError | undefined> {
    const exit = await this.exited
    // Killed by another hand than this one, even if it was about to end: what it had still to do was not done.
    const killed = this.#wasFrozen || (exit.signal !== null && !this.#forced)
    if (this.#leftUnasked ? this.#tookLeave(exit) : this.ending && !killed) return undefined
    // One error for one exit, however many wait for it.
    const cause = this.#goodbye ?? exit.failure
    this.#exitError ??= new ActorExitError(this.id, exit, cause === undefined ? undefined : { cause })
    return this.#exitError
  }

  /** Ends it: asked, then step by step as it is done with what runs it. Resolves when that has gone. */
  end(reason: string): Promise<Exit> {
    if (this.#gone) return this.exited
    if (this.#ending === undefined) {
      const ask = () => this.#askToEnd(reason)
      const report = ({ afterMs, name }: Step) => {
        this.#forced = true
        this.#report(`did not end within ${afterMs} ms: sent it ${name}`)
      }
      this.#ending = endLaunched(this.#launched, ask, this.#graces, report).then(() => this.exited)
    }
    return this.#ending
  }

  #kill(): void {
    this.#forced = true
    this.#launched.kill()
  }

  #askToEnd(reason: string): void {
    // Said now, it is done by the time that the actor has gone.
    void this.letGo()
    this.#tell('cancel', this.#runtime.self, reason)
  }

  /** Says something to which no answer is an answer, too. */
  #tell(request: string, ...args: unknown[]): void {
    const tell = () => shield(() => callService(this.#runtime, this.#address, actorService, request, args))
    runInScope(this.#runtime.scope, tell).catch(() => undefined)
  }

  #report(what: string): void {
    this.#runtime.logAbout({ ...this.id, pipeline: this.pipeline }).warn(what)
  }
}
