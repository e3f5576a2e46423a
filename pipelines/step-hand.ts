import {
  continuedTrace,
  dropItem,
  handChanges,
  type ItemGiver,
  isTentative,
  itemTraceOf,
  type JoinedItems,
  leaveItems,
  noteBatchTrace,
  type Tentative,
  takeItem,
} from '../engine/index.ts'
import type { Correlation } from './correlation.ts'

// More links than anybody follows; how many there would be is told beside them.
const maxLinkCount = 32

/**
 * Stands for the trace of a batch that is not sampled, in a stage that has both a source and inputs: there, a batch of which
 * nothing is noted begins in this stage.
 */
const notSampled = Object.freeze({})

/** Notes that the items of a batch do not begin in this stage. */
export function noteArrived(batch: readonly unknown[]): void {
  if (itemTraceOf(batch) === null) noteBatchTrace(batch, notSampled)
}

/** Notes whose trace a batch of a source continues, if its task has said so. */
export function noteContinued(batch: readonly unknown[]): void {
  const trace = continuedTrace()
  if (trace !== undefined) noteBatchTrace(batch, trace ?? notSampled)
}

/** What is to be held of a batch: its trace, null if it is not sampled, undefined if its items begin in this stage. */
export function traceToHold(batch: readonly unknown[], begins: boolean): unknown {
  const trace = itemTraceOf(batch)
  if (trace === notSampled) return null
  return trace === null && begins ? undefined : trace
}

/** What is known of a step. */
export interface StepHandOptions {
  /** What the document says of the stage. */
  readonly correlate?: Correlation | undefined
  /** It gives out what it has made of several items; otherwise it does so at most once its input has ended. */
  readonly gathers?: boolean
  /** An item is lost for good if the step gives out nothing between it and the next. */
  readonly drops?: boolean
  /** 1 where absent. */
  readonly inputCount?: number
  /** It is in a stage with a source: a batch of which nothing is noted begins there. */
  readonly begins?: boolean | undefined
  /** What it pulls are the batches of the stage's input, item by item: nothing that was made of them. */
  readonly isInput?: boolean
}

/**
 * The items that a step has pulled and not given out yet: what connects the traces of what goes in with those of what comes
 * out. It goes by the batches, which are the data: what the task holds is overtaken when a stage reads ahead.
 */
export class StepHand implements ItemGiver {
  readonly isLooped = true
  readonly isSole = true
  readonly #options: StepHandOptions
  // Of the item that was pulled last, and of what is made of it, or of several.
  #pulled: unknown = null
  #trace: unknown = null
  #contributors: unknown[] = []
  #contributorCount = 0
  // Those of them that were made of several: each may have come in many batches, and what it was made of counts once.
  #joined: WeakSet<JoinedItems> | undefined
  // The one of these that is all that there is.
  #onlyJoined: JoinedItems | undefined
  // The one of them that was pulled last, whether or not there is still room for a link to it.
  #lastContributor: unknown = undefined
  #openInputs: number
  // What `handChanges` was at when its task came to hold the batch; at first, anything may be in hand.
  #changeCount = -1

  constructor(options: StepHandOptions = {}) {
    this.#options = options
    this.#openInputs = options.inputCount ?? 1
  }

  /** The step has pulled a batch. Makes its task hold the trace of that. */
  pull(batch: readonly unknown[]): void {
    const trace = itemTraceOf(batch)
    if (trace !== this.#pulled) this.#changeCount = -1
    this.#pulled = trace
    this.#trace = trace
    this.goOn()
    if (isSampled(trace)) this.#contribute(trace)
  }

  /** The step goes on with the batch that it has pulled: whatever it has pulled elsewhere meanwhile is not in hand any more. */
  goOn(): void {
    if (this.#changeCount === handChanges.count) return
    if (this.#pulled === null && this.#options.begins === true) leaveItems(this, 'ended')
    else takeItem(this, this.#pulled === notSampled ? null : this.#pulled)
    this.#changeCount = handChanges.count
  }

  #contribute(trace: unknown): void {
    const joined = isJoined(trace) ? trace : undefined
    // What comes of one item, or of one aggregate, comes in several batches.
    if (joined === undefined ? trace === this.#lastContributor : this.#joined?.has(joined) === true) return
    this.#onlyJoined = this.#contributorCount === 0 ? joined : undefined
    if (joined !== undefined) this.#joined = (this.#joined ?? new WeakSet()).add(joined)
    const room = maxLinkCount - this.#contributors.length
    if (room > 0) this.#contributors.push(...(joined?.contributors.slice(0, room) ?? [trace]))
    this.#contributorCount += joined?.contributorCount ?? 1
    this.#lastContributor = joined?.contributors.at(-1) ?? trace
  }

  /** The step is about to pull the next batch. */
  ask(): void {
    if (this.#contributorCount === 0 || this.#options.drops !== true) return
    dropItem(this.#trace)
    this.#empty()
  }

  /** What there is of a batch that it has pulled whose items are not sampled: which of them is in hand is to be told. */
  tentativeOf(batch: readonly unknown[]): Tentative | undefined {
    if (this.#options.isInput !== true || batch.length === 1) return undefined
    const trace = itemTraceOf(batch)
    return isTentative(trace) ? trace : undefined
  }

  /** An input has ended: what it gives after the last of them is what it held. */
  end(): void {
    this.#openInputs -= 1
    if (this.#openInputs <= 0) leaveItems(this, 'ended')
  }

  /** The step takes no more, maybe because it fails on what it has pulled. */
  leave(): void {
    leaveItems(this, 'left')
  }

  /** The step gives out a batch. */
  give(batch: readonly unknown[]): void {
    if (this.#contributorCount > 0) this.#connect()
    if (this.#trace !== null) noteBatchTrace(batch, this.#trace)
  }

  /** The same for a step that gathers lists: those that it pulled before the last batch are in the first list. */
  *giveLists(lists: readonly unknown[]): Generator<readonly unknown[]> {
    const trace = this.#trace
    if (isSampled(trace) || this.#contributorCount === 0 || lists.length === 1) {
      this.give(lists)
      yield lists
      return
    }
    for (const part of [lists.slice(0, 1), lists.slice(1)]) {
      this.give(part)
      this.#trace = trace
      yield part
    }
  }

  #connect(): void {
    const { correlate, gathers } = this.#options
    if (gathers === true || this.#openInputs <= 0 || correlate === 'link') {
      const parent = correlate === 'parent' ? this.#lastContributor : undefined
      // Of the same items as that one, if it is made of nothing else.
      const joined: JoinedItems = this.#onlyJoined ?? {
        contributors: this.#contributors,
        contributorCount: this.#contributorCount,
        parent,
      }
      this.#trace = joined
    }
    this.#empty()
  }

  #empty(): void {
    this.#contributors = []
    this.#contributorCount = 0
    this.#lastContributor = undefined
    this.#joined = undefined
    this.#onlyJoined = undefined
  }
}

function isSampled(trace: unknown): boolean {
  return trace !== null && trace !== notSampled && !isTentative(trace)
}

/** True if it is the trace of what was made of several items. */
export function isJoined(trace: unknown): trace is JoinedItems {
  return typeof trace === 'object' && trace !== null && 'contributorCount' in trace
}
