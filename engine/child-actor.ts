import { randomBytes } from 'node:crypto'
import type { ActorRuntime, Graces } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import { type BootRequest, bootSpecFor } from './boot-spec.ts'
import type { Definition, Functions } from './definition.ts'
import { ActorExitError, type ActorId, ChannelBrokenError, RemoteActorError, SpawnError } from './errors.ts'
import { actorService, callService } from './portal.ts'
import { type Escalation, endProcess } from './process/end.ts'
import type { Exit } from './process/exit.ts'
import { type LaunchedProcess, type LaunchOptions, launchProcess } from './process/launch.ts'
import { runInScope, shield } from './scope.ts'

/** How an actor is spawned. */
export interface SpawnOptions extends LaunchOptions {
  /** Where it runs. Only processes so far. */
  readonly spawn?: 'process'
  /** The first entries of its `currentActor().state`. */
  readonly state?: Readonly<Record<string, unknown>>
  /** How long it may take to end once it is asked to; then it gets SIGTERM. Milliseconds. */
  readonly cancelGraceMs?: number
  /** How long it may take after SIGTERM; then it gets SIGKILL. Milliseconds. */
  readonly terminateGraceMs?: number
}

// What was still on its way is there at once; only a stranger that holds the link open would have it last longer.
const linkGraceMs = 1_000

/** An actor has gone when its process has, and what it said last was heard: whoever waits for it finds no trace of it. */
async function exitWithLink(launched: LaunchedProcess, linkGone: Promise<void>): Promise<Exit> {
  const exit = await launched.exited
  const timer = setTimeout(() => launched.link.destroy(), linkGraceMs)
  await linkGone
  clearTimeout(timer)
  return exit
}

/** A child from its parent's side: its process, its channel and its end. Owned by the nursery that started it. */
export class ChildActor {
  readonly id: ActorId
  /** Resolves when its process has ended and its link is closed. */
  readonly exited: Promise<Exit>
  address: ActorAddress
  readonly #runtime: ActorRuntime
  readonly #graces: Graces
  readonly #process: LaunchedProcess
  #goodbye: ChannelBrokenError | undefined
  #leftUnasked = false
  #ending: Promise<Exit> | undefined
  #exitError: ActorExitError | undefined

  constructor(runtime: ActorRuntime, name: string, options: SpawnOptions) {
    this.id = { name, id: randomBytes(6).toString('hex') }
    this.address = { actor: this.id, addresses: [] }
    this.#runtime = runtime
    const { cancelGraceMs, terminateGraceMs } = runtime.options.graces
    this.#graces = {
      cancelGraceMs: options.cancelGraceMs ?? cancelGraceMs,
      terminateGraceMs: options.terminateGraceMs ?? terminateGraceMs,
    }
    const spec = bootSpecFor(this.id, this.#graces, runtime.options, runtime.address)
    this.#process = launchProcess(this.id, JSON.stringify(spec), options)
    const linkGone = Promise.withResolvers<void>()
    this.exited = exitWithLink(this.#process, linkGone.promise)
    runtime.openChannel(this.#process.link, {
      opener: true,
      peer: this.id,
      onGone: (error) => {
        linkGone.resolve()
        if (!(error instanceof ChannelBrokenError)) return
        this.#goodbye = error
        // The link breaks before the exit is reported, and what that sets off may ask the actor to end.
        this.#leftUnasked = !this.ending
      },
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** True once this side asked it to end. */
  get ending(): boolean {
    return this.#ending !== undefined
  }

  /** Resolves when the actor is ready for calls. Throws `SpawnError`, with what its module threw as the cause. */
  async boot(definition: Definition<Functions>, state: Readonly<Record<string, unknown>>): Promise<void> {
    const request: BootRequest = { url: definition.url, functions: Object.keys(definition.functions), state }
    const booted = this.#requestBoot(request)
    // The answer may never come: then the exit says why.
    booted.catch(() => undefined)
    const exit = await Promise.race([booted, this.exited])
    if (Array.isArray(exit)) this.address = { actor: this.id, addresses: exit }
    else throw this.#spawnError(exit as Exit)
  }

  async #requestBoot(request: BootRequest): Promise<readonly string[]> {
    try {
      const channel = await this.#runtime.channelTo(this.address)
      await channel.greeted
      return (await callService(this.#runtime, this.address, actorService, 'boot', [request])) as readonly string[]
    } catch (error) {
      if (error instanceof ChannelBrokenError) throw this.#spawnError(await this.exited)
      if (!(error instanceof RemoteActorError)) throw error
      throw new SpawnError(this.id, `${error.remoteName}: ${error.message}`, { cause: error })
    }
  }

  #spawnError(exit: Exit): SpawnError {
    if (exit.failure !== undefined) return new SpawnError(this.id, exit.failure.message, { cause: exit.failure })
    const how = exit.signal === null ? `exit code ${exit.exitCode}` : exit.signal
    const lastWords = this.#goodbye?.goodbye === undefined ? '' : `: ${this.#goodbye.goodbye}`
    return new SpawnError(this.id, `its process ended while it started (${how})${lastWords}`, { cause: this.#goodbye })
  }

  /** Resolves to the error of an end that nobody asked for, or to undefined after an orderly one. */
  async unexpectedEnd(): Promise<ActorExitError | undefined> {
    const exit = await this.exited
    const tookLeave = this.#goodbye?.goodbye !== undefined && exit.exitCode === 0
    if (this.#leftUnasked ? tookLeave : this.ending) return undefined
    // One error for one exit, however many wait for it.
    this.#exitError ??= new ActorExitError(
      this.id,
      exit,
      this.#goodbye === undefined ? undefined : { cause: this.#goodbye },
    )
    return this.#exitError
  }

  /** Ends it: asked, then SIGTERM, then SIGKILL, each step after its grace. Resolves when its process is gone. */
  end(reason: string): Promise<Exit> {
    this.#ending ??= endProcess(
      this.#process,
      () => this.#askToEnd(reason),
      this.#graces,
      (step) => this.#report(step),
    )
    return this.#ending
  }

  kill(): void {
    this.#ending ??= this.exited
    this.#process.kill('SIGKILL')
  }

  #askToEnd(reason: string): void {
    const ask = async () => {
      await shield(() => callService(this.#runtime, this.address, actorService, 'cancel', [this.#runtime.self, reason]))
    }
    // No answer is an answer too: the wait for its exit is what counts.
    runInScope(this.#runtime.scope, ask).catch(() => undefined)
  }

  #report(step: Escalation): void {
    const what = `actor '${this.id.name}' (${this.id.id}) did not end within ${step.afterMs} ms`
    process.stderr.write(`actorflow: ${what}: sent it ${step.signal}\n`)
  }
}
