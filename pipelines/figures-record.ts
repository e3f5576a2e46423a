import type { ActorStatistics, TimeShares } from './statistics.ts'
import { type ActorFigures, noFigures } from './wiring.ts'

/** How far back `recent` looks. */
const recentMs = 1_000
// An actor is asked a few times a second. One that has not answered for so long does not let its event loop turn.
const silentAfterMs = 1_000

interface Entry {
  readonly atMs: number
  readonly figures: ActorFigures
}

/** What an actor of a stage said of itself, as it came, and what follows from it. All times are of one clock. */
export class FiguresRecord {
  /** Oldest first: the last ones of about a second. */
  readonly #entries: Entry[]
  #isHeard = false
  #isOver = false

  /** The actor begins to flow. */
  constructor(atMs: number) {
    this.#entries = [{ atMs, figures: noFigures }]
  }

  get latest(): ActorFigures {
    return this.#last.figures
  }

  get #last(): Entry {
    return this.#entries.at(-1) as Entry
  }

  /** The actor has answered. */
  take(figures: ActorFigures, atMs: number): void {
    this.#isHeard = true
    this.#entries.push({ atMs, figures })
    // The first is the one to compare with: the newest that is old enough.
    while ((this.#entries[1]?.atMs ?? Infinity) <= atMs - recentMs) this.#entries.shift()
  }

  /** These are the last ones: it has ended. */
  end(figures: ActorFigures, atMs: number): void {
    this.take(figures, atMs)
    this.#isOver = true
  }

  /** What is known at that time. */
  statistics(name: string, nowMs: number): ActorStatistics {
    const { atMs, figures } = this.#last
    const passedMs = Math.max(0, nowMs - atMs)
    const isSilent = !this.#isOver && passedMs > silentAfterMs
    const { itemsIn, itemsOut, waiting, progressAgeMs, queuedCount = 0 } = figures
    // What it was at, nobody knows; but it was not waiting, for then it would have answered.
    const unknownMs = isSilent ? passedMs : 0
    return {
      name,
      itemsIn,
      itemsOut,
      measuredMs: figures.idleMs + figures.busyMs + figures.blockedMs,
      time: sharesOf(figures, unknownMs),
      recent: isSilent ? sharesOf(noFigures, unknownMs) : sharesOf(since(this.#entries[0]?.figures, figures)),
      lastProgressMs: progressAgeMs + passedMs,
      queuedCount,
      ...(isSilent ? { silentMs: passedMs } : waiting && { waiting }),
      ...(this.#isOver && { done: true as const }),
      ...(!this.#isHeard && { unheard: true as const }),
    }
  }
}

type Times = Pick<ActorFigures, 'idleMs' | 'busyMs' | 'blockedMs'>

function since(before: Times = noFigures, now: Times): Times {
  return {
    idleMs: now.idleMs - before.idleMs,
    busyMs: now.busyMs - before.busyMs,
    blockedMs: now.blockedMs - before.blockedMs,
  }
}

/** Times as shares of their sum. Of no time at all it is idle. */
function sharesOf({ idleMs, busyMs, blockedMs }: Times, moreBusyMs = 0): TimeShares {
  const sumMs = idleMs + busyMs + moreBusyMs + blockedMs
  if (sumMs <= 0) return allIdle
  return { idle: idleMs / sumMs, busy: (busyMs + moreBusyMs) / sumMs, blocked: blockedMs / sumMs }
}

const allIdle: TimeShares = { idle: 1, busy: 0, blocked: 0 }

/** The mean of the shares of several actors. Of none it is idle. */
export function meanShares(shares: readonly TimeShares[]): TimeShares {
  if (shares.length === 0) return allIdle
  const mean = (of: (each: TimeShares) => number) => shares.reduce((sum, each) => sum + of(each), 0) / shares.length
  return { idle: mean(({ idle }) => idle), busy: mean(({ busy }) => busy), blocked: mean(({ blocked }) => blocked) }
}
