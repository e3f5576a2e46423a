import type { ActorStatistics, PipelineStatistics } from '../statistics.ts'

/** How long an old rate keeps its weight: a figure that jumps five times a second cannot be read. */
const smoothingMs = 1_500

/** Items a second of each stage, smoothed. */
export interface RateMeter {
  /**
   * Takes the newest figures; returns the rates by stage. The first figures are measured from the stage's beginning. A stage is
   * left out until each of its actors has said twice what it does.
   */
  measure(statistics: PipelineStatistics): ReadonlyMap<string, number>
}

/** What a meter counts, and from when. */
export interface RateMeterOptions {
  /** By default the items that an actor took in. */
  count?(actor: ActorStatistics): number
  /** Figures from which on is measured; by default the beginning of each actor. */
  readonly from?: PipelineStatistics
}

/** Whether the rate of each stage that runs is known, unless one of its actors does not answer. */
export function areMeasured({ stages }: PipelineStatistics, rates: ReadonlyMap<string, number>): boolean {
  return stages.every(
    ({ name, state, perActor }) =>
      state !== 'running' || rates.has(name) || perActor.some(({ silentMs }) => silentMs !== undefined),
  )
}

interface Measure {
  readonly itemCount: number
  readonly atMs: number
  readonly perSecond: number | undefined
}

/**
 * A meter that goes by the clocks of the actors: what one of them counted may be a moment old when somebody looks, and is
 * divided by the time in which it was counted.
 */
export function createRateMeter({ count = ({ itemsIn }) => itemsIn, from }: RateMeterOptions = {}): RateMeter {
  const measures = new Map<string, Measure>()
  for (const actor of from?.stages.flatMap(({ perActor }) => perActor) ?? []) {
    measures.set(actor.name, { itemCount: count(actor), atMs: actor.measuredMs, perSecond: undefined })
  }

  function rateOf(actor: ActorStatistics): number | undefined {
    if (actor.done === true) return 0
    const before = measures.get(actor.name) ?? { itemCount: 0, atMs: 0, perSecond: undefined }
    const passedMs = actor.measuredMs - before.atMs
    // It has not said anything new.
    if (passedMs <= 0) return before.perSecond
    const itemCount = count(actor)
    const now = ((itemCount - before.itemCount) * 1000) / passedMs
    const weight = 1 - Math.exp(-passedMs / smoothingMs)
    // The first measure has nothing to be smoothed with: it would begin far too low.
    const perSecond = before.perSecond === undefined ? now : before.perSecond + weight * (now - before.perSecond)
    measures.set(actor.name, { itemCount, atMs: actor.measuredMs, perSecond })
    return perSecond
  }

  return {
    measure({ stages }) {
      const rates = new Map<string, number>()
      for (const { name, perActor } of stages) {
        const known = perActor.map(rateOf).filter((rate) => rate !== undefined)
        if (perActor.length > 0 && known.length === perActor.length) {
          rates.set(
            name,
            known.reduce((sum, rate) => sum + rate, 0),
          )
        }
      }
      return rates
    },
  }
}
