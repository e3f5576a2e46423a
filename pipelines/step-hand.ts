import {
  Contributors,
  continuedTrace,
  contribute,
  contributorsOf,
  dropItem,
  handChanges,
  type ItemGiver,
  isSampled,
  isTentative,
  itemTraceOf,
  type JoinedItems,
  leaveItems,
  noteBatchTrace,
  type Tentative,
  takeItem,
} from '../engine/index.ts'
import type { Correlation } from './correlation.ts'

/**
 * Stands for the trace of a batch that is not sampled, in a stage that has both a source and inputs: there, a batch of which
 * nothing is noted begins in this stage.
 */
const notSampled = Object.freeze({})

const isFollowed = (trace: unknown): boolean => trace !== notSampled && isSampled(trace)

/** Notes that the items of a batch do not begin in this stage. */
export function noteArrived(batch: readonly unknown[]): void {
  if (itemTraceOf(batch) === null) noteBatchTrace(batch, notSampled)
}

/** Notes whose trace a batch of a source continues, if its task has said so. */
export function noteContinued(batch: readonly unknown[]): void {
  const trace = continuedTrace()
  if (trace !== undefined) noteBatchTrace(batch, trace)
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
  /** What it gives out at the end are some of the items that it pulled: each goes on with its own trace. */
  readonly passes?: boolean
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
  #contributors = new Contributors()
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
    if (isFollowed(trace)) this.#contributors.add(trace)
  }

  /** The step goes on with the batch that it has pulled: whatever it has pulled elsewhere meanwhile is not in hand any more. */
  goOn(): void {
    if (this.#changeCount === handChanges.count) return
    if (this.#pulled === null && this.#options.begins === true) leaveItems(this, 'ended')
    else takeItem(this, this.#pulled === notSampled ? null : this.#pulled)
    this.#changeCount = handChanges.count
  }

  /** The step is about to pull the next batch. */
  ask(): void {
    if (this.#contributors.isEmpty || this.#options.drops !== true) return
    dropItem(this.#trace)
    this.#contributors = new Contributors()
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
    if (!this.#contributors.isEmpty) this.#connect()
    if (this.#trace !== null) noteBatchTrace(batch, this.#trace)
  }

  /** The same for a step that gathers lists: those that it pulled before the last batch are in the first list. */
  *giveLists(lists: readonly unknown[]): Generator<readonly unknown[]> {
    const trace = this.#trace
    if (isFollowed(trace) || this.#contributors.isEmpty || lists.length === 1) {
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

  /** Something of the batch in hand goes into what the step keeps in that place. */
  keep(place: object): void {
    if (isFollowed(this.#trace)) contribute(this.#trace, place)
  }

  /** The same as `give` for a step that has kept apart what it gives out, each in the place of that index. */
  *giveKept(items: readonly unknown[], places: readonly object[]): Generator<readonly unknown[]> {
    if (this.#contributors.isEmpty) {
      this.give(items)
      yield items
      return
    }
    const whole = this.#contributors.join({ isChild: false })
    this.#contributors = new Contributors()
    for (const { part, contributors } of partsOf(items, (index) => contributorsOf(places[index]))) {
      this.#note(part, contributors, whole)
      yield part
    }
  }

  /** The same as `give` where the step has said itself what it has made some of them of. */
  *giveTold(items: readonly unknown[]): Generator<readonly unknown[]> {
    for (const { part, contributors } of partsOf(items, (index) => contributorsOf(items[index]))) {
      if (contributors === undefined) this.give(part)
      else this.#note(part, contributors)
      yield part
    }
  }

  #note(part: readonly unknown[], contributors: Contributors | undefined, whole?: JoinedItems): void {
    if (contributors === undefined || contributors.isEmpty) return noteBatchTrace(part, notSampled)
    const { correlate, passes } = this.#options
    const isPassed = passes === true && correlate !== 'link'
    const joined = () => contributors.join({ isChild: correlate === 'parent', whole })
    noteBatchTrace(part, isPassed ? (contributors.only ?? joined()) : joined())
  }

  #connect(): void {
    const { correlate, gathers } = this.#options
    if (gathers === true || this.#openInputs <= 0 || correlate === 'link') {
      this.#trace = this.#contributors.join({ isChild: correlate === 'parent' })
    }
    this.#contributors = new Contributors()
  }
}

/** Items one after the other that are made of the same. */
function* partsOf(
  items: readonly unknown[],
  contributorsAt: (index: number) => Contributors | undefined,
): Generator<{ readonly part: readonly unknown[]; readonly contributors: Contributors | undefined }> {
  let start = 0
  for (let end = 1; start < items.length; end += 1) {
    const contributors = contributorsAt(start)
    if (end < items.length && contributorsAt(end) === contributors) continue
    yield { part: end - start === items.length ? items : items.slice(start, end), contributors }
    start = end
  }
}
