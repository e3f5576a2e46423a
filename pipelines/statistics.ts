/** What one stage is doing. */
export type StageState = 'starting' | 'running' | 'done' | 'failed' | 'cancelled'

/** How time was spent, as shares of it: their sum is 1. */
export interface TimeShares {
  /** Waiting for input: of the stages before, or of what the source reads. */
  readonly idle: number
  /** All the rest: computing, or awaiting something in a step, a user's source or sink. */
  readonly busy: number
  /** Waiting for the output to be taken: by the stages after, their credit, or what the sink writes to. */
  readonly blocked: number
}

/** Whom a stage or actor waits for: `input` for items, `output` for those who should take some. */
export interface Waiting {
  readonly on: 'input' | 'output'
  /** The stages; empty for its own source or sink. */
  readonly stages: readonly string[]
}

/** Whom an actor waits for, and since when. */
export interface ActorWaiting extends Waiting {
  /** How long it has waited without a break. */
  readonly sinceMs: number
  /** What its own source or sink waits for, if that says so: `stdout`. */
  readonly reason?: string
}

/** One actor's figures. */
export interface ActorStatistics {
  /** The name of its stage, and which of its actors it is: `words#2`. */
  readonly name: string
  readonly itemsIn: number
  readonly itemsOut: number
  /** How long it had run, by its own clock, when it had counted these: what a rate is to be reckoned with. Milliseconds. */
  readonly measuredMs: number
  readonly time: TimeShares
  readonly recent: TimeShares
  readonly lastProgressMs: number
  /** Items that it has received from other stages, and not taken in yet. */
  readonly queuedCount: number
  /** Undefined while it works, and once it is done. */
  readonly waiting?: ActorWaiting
  /**
   * Where it has not said anything for more than a second: for how long. Its event loop does not turn, or its process was
   * stopped. That time counts as busy.
   */
  readonly silentMs?: number
  /** True once it has ended. */
  readonly done?: true
  /** True as long as it has not said anything: its figures are not known then, and are 0 here. */
  readonly unheard?: true
}

/** One stage's figures, summed over its actors. */
export interface StageStatistics {
  readonly name: string
  readonly actors: number
  readonly state: StageState
  /** Items taken in from other stages, or from the source. */
  readonly itemsIn: number
  /** Items handed on to other stages, or to the sink. */
  readonly itemsOut: number
  /**
   * How its time since it began to flow was spent, in the mean of its actors. All idle before that. Once they are done it
   * stands still.
   */
  readonly time: TimeShares
  /** The same for about the last second. */
  readonly recent: TimeShares
  /** How long ago an item went in or out of any of its actors, in milliseconds; since it began where none has. */
  readonly lastProgressMs: number
  /** Items that its actors have received from other stages, and not taken in yet. */
  readonly queuedCount: number
  /** Whom all of its actors wait for at this moment. Undefined while one of them works. */
  readonly waiting?: Waiting
  /** Each of its actors; none before they have started. */
  readonly perActor: readonly ActorStatistics[]
}

/** The figures of a running or finished pipeline. */
export interface PipelineStatistics {
  readonly pipeline: string
  /**
   * From when it was opened until the last of its actors had done its work. How long they take to leave is no part of it: they send
   * off what they have for a collector then.
   */
  readonly elapsedMs: number
  /** In topological order. */
  readonly stages: readonly StageStatistics[]
}
