import { isSampled } from './hand.ts'
import type { JoinedItems } from './interceptor.ts'
import { followsItems } from './item-trace.ts'
import { ambientScope } from './scope.ts'

// More links than anybody follows; how many there would be is told beside them.
const maxLinkCount = 32

/** The trace of something that was made of some of what others beside it were made of. */
interface Share extends JoinedItems {
  /** Of all of them together. */
  readonly whole?: JoinedItems | undefined
}

/** The sampled items that something is made of: how many, and the first few. It does not grow with their number. */
export class Contributors {
  readonly #items: unknown[] = []
  #count = 0
  // What was made of several may come in many batches: what that was made of counts once.
  #joined: WeakSet<JoinedItems> | undefined
  // Of several shares of one whole, it is not known which items they have in common: together they have no more than that.
  #shares: Map<JoinedItems, number> | undefined
  #last: unknown = undefined
  #only: unknown = undefined

  get isEmpty(): boolean {
    return this.#last === undefined
  }

  /** The trace that was added, if there is one alone. */
  get only(): unknown {
    return this.#only
  }

  /** The trace of a sampled item, or of what was made of several. */
  add(trace: unknown): void {
    if (isJoined(trace)) this.#addJoined(trace)
    // What comes of one item comes in several batches, one after the other.
    else if (trace !== this.#last) {
      this.#count += 1
      this.#note(trace, trace, [trace])
    }
  }

  #addJoined(joined: Share): void {
    if (this.#joined?.has(joined) === true) return
    this.#joined = (this.#joined ?? new WeakSet()).add(joined)
    this.#shares ??= new Map()
    const whole = joined.whole ?? joined
    this.#shares.set(whole, (this.#shares.get(whole) ?? 0) + joined.contributorCount)
    this.#note(joined, joined.contributors.at(-1), joined.contributors)
  }

  #note(trace: unknown, last: unknown, items: readonly unknown[]): void {
    this.#only = this.isEmpty ? trace : undefined
    this.#last = last
    for (const item of items) {
      if (this.#items.length === maxLinkCount) return
      if (!this.#items.includes(item)) this.#items.push(item)
    }
  }

  /** The trace of what is made of them: a child of the last one, if it is to be. */
  join({ isChild, whole }: { readonly isChild: boolean; readonly whole?: JoinedItems | undefined }): JoinedItems {
    // Of the same items as that one, if it is made of nothing else.
    if (isJoined(this.#only)) return this.#only
    let contributorCount = this.#count
    for (const [{ contributorCount: most }, count] of this.#shares ?? []) contributorCount += Math.min(count, most)
    const joined: Share = {
      contributors: this.#items,
      contributorCount,
      parent: isChild ? this.#last : undefined,
      ...(whole !== undefined && { whole }),
    }
    return joined
  }
}

/** True if it is the trace of what was made of several items. */
export function isJoined(trace: unknown): trace is JoinedItems {
  return typeof trace === 'object' && trace !== null && 'contributorCount' in trace
}

// By what is made of them, or by where a step keeps what it will be made of.
const known = new WeakMap<object, Contributors>()
let anyKnown = false

/** What is known to have gone into something; undefined if nobody has said so. */
export function contributorsOf(made: unknown): Contributors | undefined {
  return anyKnown && typeof made === 'object' && made !== null ? known.get(made) : undefined
}

/** Whether anybody has said of one of those what has gone into it. Whoever does not trace does not pay for looking. */
export function areAnyKnown(items: readonly unknown[]): boolean {
  return anyKnown && items.some((item) => contributorsOf(item) !== undefined)
}

/** Notes that what has that trace goes into something. */
export function contribute(trace: unknown, made: object): void {
  let contributors = known.get(made)
  if (contributors === undefined) {
    anyKnown = true
    contributors = new Contributors()
    known.set(made, contributors)
  }
  if (isSampled(trace)) contributors.add(trace)
}

/**
 * Says of the item in hand, the one that the calling task pulled last, that it goes into that aggregate: an object of the
 * caller's, as for a key or a window. What is made of the aggregate has the items as its links then, and no others. For steps
 * that make several things of their input. Does nothing where nobody traces.
 */
export function contributeTo(aggregate: object): void {
  if (followsItems()) contribute(ambientScope()?.itemTrace, aggregate)
}

/**
 * Says that an item, which it returns, is made of an aggregate: of the items for which `contributeTo` was called with it. Not
 * needed where it is the aggregate itself that is given out.
 *
 * @example `for (const group of groups) yield madeOf(group, rowOf(group))`
 */
export function madeOf<T extends object>(aggregate: object, item: T): T {
  if (!followsItems()) return item
  anyKnown = true
  known.set(item, known.get(aggregate) ?? new Contributors())
  return item
}
