import type { ContextStatus } from './context-status.ts'

/** The items of an actor's streams since it began: those that it took in, and those that it gave. */
export interface Traffic {
  readonly itemsIn: number
  readonly itemsOut: number
}

/**
 * Counts the items of an actor's streams. An open one has its own counts, which are asked for when somebody wants to know;
 * here are those of the streams that have ended. The engine's own do not count.
 */
export class TrafficTotals {
  #itemsIn = 0
  #itemsOut = 0

  /** A context has ended. */
  add({ service, sent, received }: Pick<ContextStatus, 'service' | 'sent' | 'received'>): void {
    if (service !== '') return
    this.#itemsIn += received?.count ?? 0
    this.#itemsOut += sent?.count ?? 0
  }

  /** All of them, with those of the contexts that are open. */
  with(open: Iterable<ContextStatus>): Traffic {
    const sum = new TrafficTotals()
    sum.#itemsIn = this.#itemsIn
    sum.#itemsOut = this.#itemsOut
    for (const context of open) sum.add(context)
    return { itemsIn: sum.#itemsIn, itemsOut: sum.#itemsOut }
  }
}
