import { sleep } from '../engine/index.ts'
import { FiguresRecord, meanShares } from './figures-record.ts'
import type { Plan, StagePlan } from './plan.ts'
import type { ActorStatistics, PipelineStatistics, StageState, StageStatistics } from './statistics.ts'
import { WakingClock } from './waking-clock.ts'
import type { ActorFigures } from './wiring.ts'

const figuresEveryMs = 200

/** What is known of one actor of a run, and how it comes to be. */
export class ActorRecord {
  readonly stage: string
  readonly #name: string
  readonly #clock: WakingClock
  #record: FiguresRecord
  #isDone = false

  constructor(stage: string, name: string, clock: WakingClock) {
    this.stage = stage
    this.#name = name
    this.#clock = clock
    this.#record = new FiguresRecord(clock.now())
  }

  /** True once it has done its work. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** True once it has ended before its input did, as nobody wanted any more of it. */
  get wasLeft(): boolean {
    return this.#record.latest.wasLeft === true
  }

  /** It begins to flow. */
  begin(): void {
    this.#record = new FiguresRecord(this.#clock.now())
  }

  /** It has done its work. */
  end(figures: ActorFigures): void {
    this.#record.end(figures, this.#clock.now())
    this.#isDone = true
  }

  /** It has failed, having come so far, if it could say that. */
  fail(figures: ActorFigures = this.#record.latest): void {
    this.#record.end(figures, this.#clock.now())
  }

  /**
   * Keeps its figures fresh until it is done. One that does not answer holds up no other, and one that cannot say what it does
   * fails nothing: it may run well all the same, and whatever ends it is told elsewhere.
   */
  async watch(ask: () => Promise<ActorFigures>): Promise<void> {
    while (!this.#isDone) {
      await sleep(figuresEveryMs)
      const figures = await ask().catch(() => undefined)
      if (figures !== undefined && !this.#isDone) this.#record.take(figures, this.#clock.now())
    }
  }

  statistics(nowMs: number): ActorStatistics {
    return this.#record.statistics(this.#name, nowMs)
  }
}

/** The figures of a run, from when it is opened: those of its actors, once they are there, summed up by stage. */
export class RunFigures {
  /** What the stages are at which are neither done nor have failed. */
  state: StageState = 'starting'
  /** The stage of which the run failed. */
  failedStage: string | undefined
  /** Those of the actors; none before they have started. */
  records: readonly ActorRecord[] = []
  readonly #plan: Plan
  /** By which the silence of actors is told: while the run itself was away, nobody was heard. */
  readonly clock: WakingClock = new WakingClock()
  readonly #openedMs = this.clock.now()
  #endedMs: number | undefined

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** From now on, what the stages have not done is not done any more: they hold nobody up. */
  leaveOff(): void {
    if (this.state !== 'done') this.state = 'cancelled'
  }

  /** The last actor has done its work: they stand still from the first time that this is said. */
  end(): void {
    this.#endedMs ??= this.clock.now()
  }

  statistics(): PipelineStatistics {
    const nowMs = this.#endedMs ?? this.clock.now()
    const stages = this.#plan.stages.map((stage) => this.#statisticsOf(stage, nowMs))
    return { pipeline: this.#plan.name, elapsedMs: nowMs + this.clock.awayMs - this.#openedMs, stages }
  }

  /** Looks at the clock as long as one of the actors is at work. */
  async keepClock(): Promise<void> {
    while (this.records.some(({ isDone }) => !isDone)) {
      this.clock.now()
      await sleep(figuresEveryMs)
    }
  }

  #recordsOf({ name }: StagePlan): ActorRecord[] {
    return this.records.filter(({ stage }) => stage === name)
  }

  #stateOf(stage: StagePlan): StageState {
    const records = this.#recordsOf(stage)
    const isOver = records.length > 0 && records.every((record) => record.isDone)
    if (isOver && !this.#isCutOff(stage)) return 'done'
    return this.failedStage === stage.name ? 'failed' : this.state
  }

  /** Whether it ended because one that did not come to its own end wanted no more of it. */
  #isCutOff(stage: StagePlan): boolean {
    if (this.state !== 'cancelled' || !this.#recordsOf(stage).some(({ wasLeft }) => wasLeft)) return false
    const readers = this.#plan.stages.filter(({ name }) => stage.consumers.includes(name))
    return readers.some((reader) => this.#stateOf(reader) !== 'done')
  }

  #statisticsOf(stage: StagePlan, nowMs: number): StageStatistics {
    const { name, actors } = stage
    const records = this.#recordsOf(stage)
    const perActor = records.map((record) => record.statistics(nowMs))
    const waiting = perActor.filter((_, index) => records[index]?.isDone === false).map((each) => each.waiting)
    const first = waiting[0]
    const allWait = first !== undefined && waiting.every((each) => each?.on === first.on)
    return {
      name,
      actors,
      state: this.#stateOf(stage),
      itemsIn: perActor.reduce((sum, each) => sum + each.itemsIn, 0),
      itemsOut: perActor.reduce((sum, each) => sum + each.itemsOut, 0),
      time: meanShares(perActor.map((each) => each.time)),
      recent: meanShares(perActor.map((each) => each.recent)),
      lastProgressMs: Math.min(nowMs - this.#openedMs, ...perActor.map((each) => each.lastProgressMs)),
      queuedCount: perActor.reduce((sum, each) => sum + each.queuedCount, 0),
      ...(allWait ? { waiting: { on: first.on, stages: first.stages } } : {}),
      perActor,
    }
  }
}
