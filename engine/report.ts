/** How often something was within which bounds, each the greatest value that counts there; last, how often beyond them. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** How an actor of a stage gets on with its items, and how it has spent its time since it began to flow. */
export interface WorkReport {
  readonly kind: 'work'
  readonly itemsIn: number
  readonly itemsOut: number
  readonly idleMs: number
  readonly busyMs: number
  readonly blockedMs: number
  /** The shares of about the last second; their sum is 1. */
  readonly recent: { readonly idle: number; readonly busy: number; readonly blocked: number }
  /** How long ago an item went in or out. */
  readonly progressAgeMs: number
  /** For how long it was busy with an item, in milliseconds: in the mean of those that came with it. */
  readonly handlerMs: Distribution
  /** How many items came at a time. */
  readonly batchSize: Distribution
}

/** How an actor's event loop does: how late its timers were in about the last ten seconds, in milliseconds. */
export interface LoopReport {
  readonly kind: 'loop'
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** The share of the time in which it was not waiting for anything. */
  readonly utilization: number
}

/** How a pipeline gets on that is run from an actor. */
export interface ProgressReport {
  readonly kind: 'progress'
  readonly pipeline: string
  /** For how long nothing has gone in or out anywhere in it. */
  readonly stalledMs: number
  /** Who holds it up, and why, as text: the rest of a sentence that begins with how long it has made no progress. */
  readonly because: string
  /** Not all of it has come up yet. */
  readonly isStarting: boolean
}

/** What a layer above the engine has to say of its work in an actor. */
export type Report = WorkReport | LoopReport | ProgressReport

/** Gives a report when somebody asks; undefined if there is nothing to say. It must not wait or throw. */
export type Reporter = () => Report | undefined
