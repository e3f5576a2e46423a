import type { Tentative } from './interceptor.ts'

/** What hands items to a task: a stream, or whoever has pulled them before or apart. */
export interface ItemGiver {
  /**
   * A loop goes through it, whose body is what is done with an item: whatever is pulled there is pulled for that. Of an item
   * that was pulled by itself nobody knows how long it is worked on.
   */
  readonly isLooped: boolean
  /** It is the task alone that deals with its items, so that with the end of the task they are done. */
  readonly isSole: boolean
}

/** Gives a task the items that another one deals with, and that it only sends on behalf of. */
export const adopted: ItemGiver = Object.freeze({ isLooped: false, isSole: false })

// More than loops are nested: whoever pulls of so many streams, and never asks again nor leaves them, works on the last ones.
const maxCount = 32

interface ItemInHand {
  readonly giver: ItemGiver
  trace: unknown
  /** The next one was asked for: it is known what came last, but it is not worked on any more. */
  isDone: boolean
}

/**
 * What a task has in hand: an item of each stream that it pulls, until it asks that stream for more, leaves it or has come to
 * its end. What is pulled while another item is in hand comes on top of it; and a loop that goes on has done with all that
 * was pulled in its body.
 */
export class Hand {
  readonly #around: unknown
  readonly #items: ItemInHand[] = []
  // Left since something was pulled last: if the task fails, it may have been on them.
  #left: ItemInHand[] = []

  /**
   * The trace that what the task does now belongs to: null if it is not followed. That of the item on top; one that is not
   * sampled does not hide that of a loop around it which is.
   */
  itemTrace: unknown

  /** @param around what the task belongs to while it has nothing in hand. */
  constructor(around: unknown) {
    this.#around = around
    this.itemTrace = around
  }

  /** The task is handed the next item of that giver. */
  take(giver: ItemGiver, trace: unknown): void {
    if (this.#left.length > 0) this.#left = []
    const index = this.#indexOf(giver)
    const item = this.#items[index]
    const isOnTop = index === this.#items.length - 1
    if (item !== undefined && isOnTop && item.trace === trace && !item.isDone) return
    if (item === undefined) this.#put({ giver, trace, isDone: false })
    else {
      item.trace = trace
      item.isDone = false
      if (!isOnTop) this.#bringToTop(index)
    }
    this.#look()
  }

  /** The task has asked for the next item of that giver, and waits for it. */
  finish(giver: ItemGiver): void {
    const item = this.#items[this.#indexOf(giver)]
    if (item !== undefined) item.isDone = true
    this.#look()
  }

  /** Nothing more comes of that giver. False if it was nothing that is in hand. */
  letGo(giver: ItemGiver): boolean {
    return this.#remove(giver).length > 0
  }

  /** The same where the task takes nothing more of that giver: maybe because it fails on the item. */
  leave(giver: ItemGiver): boolean {
    const left = this.#remove(giver)
    this.#left.push(...left)
    return left.length > 0
  }

  /** What a failure of the task is one of: the item on top, or those that it has left last, and those of the loops around. */
  get atWork(): unknown[] {
    const isAtWork = ({ giver }: ItemInHand, index: number) => giver.isLooped || index === this.#items.length - 1
    if (this.#left.length === 0) return tracesOf(this.#items.filter(isAtWork))
    return tracesOf([...this.#left, ...this.#items.filter(({ giver }) => giver.isLooped)])
  }

  /** All of them. */
  get all(): unknown[] {
    return tracesOf([...this.#left, ...this.#items])
  }

  #bringToTop(index: number): void {
    const [item] = this.#items.splice(index, 1) as [ItemInHand]
    if (item.giver.isLooped) this.#items.length = index
    this.#items.push(item)
  }

  #put(item: ItemInHand): void {
    if (this.#items.length === maxCount) {
      const single = this.#items.findIndex(({ giver }) => !giver.isLooped)
      this.#items.splice(Math.max(single, 0), 1)
    }
    this.#items.push(item)
  }

  #remove(giver: ItemGiver): ItemInHand[] {
    const index = this.#indexOf(giver)
    if (index === -1) return []
    const removed = this.#items.splice(index, giver.isLooped ? this.#items.length : 1)
    this.#look()
    return removed
  }

  // It is mostly the one on top.
  #indexOf(giver: ItemGiver): number {
    let index = this.#items.length - 1
    while (index >= 0 && this.#items[index]?.giver !== giver) index -= 1
    return index
  }

  #look(): void {
    const top = this.#items.at(-1)
    this.itemTrace = top === undefined ? this.#around : top.trace
    for (let index = this.#items.length - 1; index >= 0; index -= 1) {
      const { giver, trace, isDone } = this.#items[index] as ItemInHand
      if (giver === adopted) return
      const isAtWork = giver.isLooped || this.#items[index] === top
      if (isAtWork && !isDone && isSampled(trace)) {
        this.itemTrace = trace
        return
      }
    }
  }
}

/** True if what is held is of an item that is not sampled. */
export function isTentative(trace: unknown): trace is Tentative {
  return typeof trace === 'object' && trace !== null && 'isTentative' in trace
}

/** True if what is held is of an item that is followed, or was made of some that are. */
export function isSampled(trace: unknown): boolean {
  return trace !== null && trace !== undefined && !isTentative(trace)
}

function tracesOf(items: readonly ItemInHand[]): unknown[] {
  return items.flatMap(({ giver, trace }) => (giver.isSole && trace !== null && trace !== undefined ? [trace] : []))
}
