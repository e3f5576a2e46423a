import {
  type ActorId,
  addReporter,
  type ContextCancelledError,
  currentSignal,
  type Nursery,
  openNursery,
  type Portal,
  type ProgressReport,
  RemoteActorError,
  shield,
  withSignal,
} from '../engine/index.ts'
import { blameIn } from './blame.ts'
import { mergeFlows } from './chain.ts'
import { StageError } from './errors.ts'
import { itemsOf } from './flow.ts'
import { LazyItems } from './lazy-items.ts'
import type { Pipeline } from './pipeline.ts'
import { type PipelineControl, pipelineCapability } from './pipeline-control.ts'
import { endingOf } from './pipeline-ending.ts'
import type { Plan, StagePlan } from './plan.ts'
import { progressOf } from './progress.ts'
import { ActorRecord, RunFigures } from './run-figures.ts'
import { RunTrace } from './run-trace.ts'
import stageActor from './stage-actor.ts'
import { pipelineFailure, stageFailure } from './stage-failure.ts'
import type { PipelineStatistics } from './statistics.ts'
import type { InputWire, ReaderWire, StageWiring } from './wiring.ts'

type StagePortal = Portal<(typeof stageActor)['functions']>

/** One actor of a stage, from the runner's side. */
interface Member {
  readonly stage: StagePlan
  readonly portal: StagePortal
  readonly pid: number
  readonly record: ActorRecord
}

/** What a run is given by whoever opens it. */
export interface PipelineRunOptions {
  /** Answers for it, and is told of its end. */
  readonly control: PipelineControl
  cancelledBy(reason: string): ContextCancelledError
  /** Takes down the root that was made for it, and in which it is answered for. */
  readonly close?: (() => Promise<void>) | undefined
}

/** A pipeline's processes and their life. It carries no items: the stages talk to each other. */
export class PipelineRun implements Pipeline {
  readonly plan: Plan
  readonly result: Promise<PipelineStatistics>
  readonly #ready = Promise.withResolvers<void>()
  readonly #figures: RunFigures
  readonly #options: PipelineRunOptions
  readonly #endReports: () => void
  #hasEnded = false
  #members: Member[] = []
  #nursery: Nursery | undefined
  #cancelled: ContextCancelledError | undefined
  // Readers that `stream` was asked for before the flow began.
  readonly #readers: { stage: string; output: ReaderWire }[] = []
  #readerCount = 0
  #flowing = false
  readonly #trace: RunTrace

  constructor(plan: Plan, options: PipelineRunOptions) {
    this.plan = plan
    this.#options = options
    this.#figures = new RunFigures(plan)
    this.#trace = new RunTrace(plan)
    options.control.begin(this)
    this.#endReports = addReporter(() => this.#report())
    this.result = this.#runToEnd()
    // Whoever never asks for the result sees the failure where it reads a stream, or not at all.
    this.result.catch(() => undefined)
  }

  get traceId(): string | undefined {
    return this.#trace.traceId
  }

  get processIds(): readonly number[] {
    return this.#members.map((member) => member.pid)
  }

  /** Resolves when all stages are ready to flow. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  async #runToEnd(): Promise<PipelineStatistics> {
    let failed: { readonly failure: unknown } | undefined
    try {
      await this.#answeredFor(async () => {
        failed = await this.#runStages()
        await this.#end(failed)
      })
    } catch (error) {
      // What became of the stages is the story, and not what the scope around them ended with.
      if (!this.#hasEnded) await this.#end((failed = this.#fail(error)))
    }
    try {
      await this.#options.close?.()
    } catch (error) {
      // Nor what the root around the pipeline ended with.
      failed ??= { failure: error }
    }
    if (failed === undefined) return this.statistics()
    this.#ready.reject(failed.failure)
    throw failed.failure
  }

  /**
   * Runs `body` while an actor answers for the pipeline, to the last: the root, if that was made for it. Another one is out of
   * reach of what cancels the pipeline, of which it has yet to tell those who watch.
   */
  async #answeredFor(body: () => Promise<void>): Promise<void> {
    await this.#trace.within(async () => {
      if (this.#options.close !== undefined) return await body()
      const cancelled = currentSignal()
      const answer = async (nursery: Nursery) => {
        await withSignal(cancelled, async () => {
          await this.#startControl(nursery)
          await body()
        })
        nursery.cancel('the pipeline has ended')
      }
      await shield(() => openNursery(answer))
    })
  }

  async #runStages(): Promise<{ readonly failure: unknown } | undefined> {
    try {
      await openNursery((nursery) => this.#run(nursery))
      if (this.#cancelled !== undefined) throw this.#cancelled
      this.#figures.state = 'done'
      return undefined
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): { readonly failure: unknown } {
    const failure = this.#cancelled ?? pipelineFailure(error, this.plan.name, (actor) => this.#stageOf(actor))
    this.#figures.state = 'cancelled'
    if (failure instanceof StageError) this.#figures.failedStage = failure.stage
    return { failure }
  }

  async #end(failed: { readonly failure: unknown } | undefined): Promise<void> {
    this.#hasEnded = true
    this.#figures.end()
    const error = failed?.failure
    this.#trace.ended(this.statistics(), this.#cancelled === undefined ? { error } : { cancelled: true })
    this.#endReports()
    await this.#options.control.end(failed === undefined ? { kind: 'done' } : endingOf(error))
  }

  async #run(nursery: Nursery): Promise<void> {
    this.#nursery = nursery
    if (this.#cancelled !== undefined) throw this.#cancelled
    try {
      await this.#flow(nursery)
    } finally {
      // What follows is the leave of the actors, before which they send off what they have for others.
      this.#figures.end()
    }
    nursery.cancel('the pipeline is done')
  }

  async #flow(nursery: Nursery): Promise<void> {
    const starts = this.plan.stages.flatMap((stage) =>
      Array.from({ length: stage.actors }, (_, index) =>
        nursery.startTask(() => this.#startMember(nursery, stage, index)),
      ),
    )
    this.#members = await Promise.all(starts)
    this.#figures.records = this.#members.map(({ record }) => record)
    this.#ready.resolve()
    this.#trace.event('ready')
    // One turn, so that whoever opened the pipeline can ask for streams before the first item flows.
    await new Promise((resolve) => setImmediate(resolve))
    this.#flowing = true
    this.#figures.state = 'running'
    const runs = this.#members.map((member) => nursery.startTask(() => this.#runMember(member)))
    nursery.startTask(() => this.#figures.keepClock()).catch(() => undefined)
    for (const { record, portal } of this.#members) {
      nursery.startTask(() => record.watch(() => portal.run('figures'))).catch(() => undefined)
    }
    // Where one fails, the others are cancelled, and end what they are at.
    await Promise.allSettled(runs)
    await Promise.all(runs)
  }

  /** An actor of this process whom others can ask about the pipeline. */
  async #startControl(nursery: Nursery): Promise<void> {
    const { name } = this.plan
    await nursery.startActor(name, this.#options.control.definition, {
      spawn: 'inline',
      pipeline: name,
      capabilities: { [pipelineCapability]: name },
    })
  }

  async #startMember(nursery: Nursery, stage: StagePlan, index: number): Promise<Member> {
    const name = `${stage.name}#${index + 1}`
    const isBuiltin = (end: StagePlan['source'], builtin: string) => end?.kind === 'builtin' && end.name === builtin
    // A sink of the user's has it as its own process's; that of the built-in sink is out of reach of what else prints.
    const stdoutOf = () => (isBuiltin(stage.sink, 'stdout') ? 'reserved' : 'stderr')
    const actor = await nursery.startActor(name, stageActor, {
      pipeline: this.plan.name,
      stdin: isBuiltin(stage.source, 'stdin') || stage.source?.kind === 'module' ? 'inherit' : 'ignore',
      stdout: stage.sink?.kind === 'module' ? 'inherit' : stdoutOf(),
    })
    // What is followed are the items, and not the calls that have them flow.
    const portal = actor.with({ traced: false })
    try {
      const { name: pipeline, directory } = this.plan
      const pid = await portal.run('prepare', { pipeline, directory, plan: stage, index })
      return { stage, portal, pid, record: new ActorRecord(stage.name, portal.actor.name, this.#figures.clock) }
    } catch (error) {
      throw stageFailure(stage.name, portal.actor, error)
    }
  }

  async #runMember({ stage, portal, record }: Member): Promise<void> {
    record.begin()
    try {
      record.end(await portal.run('run', this.#wiringOf(stage)))
    } catch (error) {
      this.#figures.leaveOff()
      if (error instanceof RemoteActorError) {
        this.#figures.failedStage ??= stage.name
        record.fail(blameIn(error.fields).figures)
      }
      throw stageFailure(stage.name, portal.actor, error)
    }
  }

  #wiringOf(stage: StagePlan): StageWiring {
    const inputs: InputWire[] = stage.inputs.map((input) => ({ ...input, actors: this.#actorsOf(input.stage) }))
    const consumers = stage.consumers.map((consumer) => ({ consumer, actorCount: this.#actorsOf(consumer).length }))
    const readers = this.#readers.filter((reader) => reader.stage === stage.name).map((reader) => reader.output)
    return { inputs, outputs: [...consumers, ...readers] }
  }

  #membersOf(stage: string): Member[] {
    return this.#members.filter((member) => member.stage.name === stage)
  }

  #actorsOf(stage: string): ActorId[] {
    return this.#membersOf(stage).map((member) => member.portal.actor)
  }

  #stageOf(actor: ActorId): string | undefined {
    return this.plan.stages.find((stage) => actor.name.startsWith(`${stage.name}#`))?.name
  }

  async *#read(stage: string, output: ReaderWire): AsyncGenerator<unknown> {
    await this.ready
    const portals = this.#membersOf(stage).map((member) => member.portal)
    try {
      yield* itemsOf(mergeFlows(portals.map((portal) => portal.stream('output', output).batches())))
    } catch (error) {
      // The stream broke because the pipeline ended: why it did is the story.
      await this.result
      throw error
    }
  }

  /** A reader was left before its first item: the stage must not wait for it. */
  async #decline(stage: string, output: ReaderWire): Promise<void> {
    const index = this.#readers.findIndex((reader) => reader.output === output)
    if (index >= 0 && !this.#flowing) this.#readers.splice(index, 1)
    else await Promise.allSettled(this.#membersOf(stage).map((member) => member.portal.run('decline', output)))
  }

  stream<T = unknown>(stage: string): AsyncIterableIterator<T> {
    const plan = this.plan.stages.find((each) => each.name === stage)
    if (plan === undefined || plan.sink !== undefined) {
      const readable = this.plan.stages.filter((each) => each.sink === undefined).map((each) => each.name)
      const why = plan === undefined ? 'there is no stage' : 'a sink takes all that comes out of stage'
      throw new RangeError(`${why} '${stage}': the stages that can be read are ${readable.join(', ')}`)
    }
    this.#readerCount += 1
    const output = { consumer: `reader ${this.#readerCount}`, actorCount: 1, id: 'root' }
    if (!this.#flowing) this.#readers.push({ stage, output })
    return new LazyItems(
      () => this.#read(stage, output) as AsyncGenerator<T>,
      () => this.#decline(stage, output),
    )
  }

  /** How it gets on, for whoever asks whether the program is ready. */
  #report(): ProgressReport {
    return {
      kind: 'progress',
      pipeline: this.plan.name,
      ...progressOf(this.statistics()),
      isStarting: !this.#flowing,
    }
  }

  statistics(): PipelineStatistics {
    return this.#figures.statistics()
  }

  async drain(): Promise<void> {
    this.#trace.event('drain')
    const sources = this.#members.filter((member) => member.stage.source !== undefined && !member.record.isDone)
    await Promise.allSettled(sources.map((member) => member.portal.run('drain')))
    await this.result.then(
      () => undefined,
      () => undefined,
    )
  }

  async cancel(reason = 'the pipeline was cancelled'): Promise<void> {
    if (!this.#hasEnded) {
      this.#cancelled ??= this.#options.cancelledBy(reason)
      this.#figures.leaveOff()
      this.#trace.event('cancel')
      this.#nursery?.cancel(reason)
    }
    await this.result.catch(() => undefined)
  }

  kill(): void {
    if (this.#hasEnded) return
    this.#cancelled ??= this.#options.cancelledBy('the pipeline was killed')
    this.#figures.leaveOff()
    this.#nursery?.cancel('the pipeline was killed')
    for (const { pid } of this.#members) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel('its owner disposed of the pipeline')
  }
}
