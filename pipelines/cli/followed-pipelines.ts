import { FlowError, sleep, withSignal } from '../../engine/index.ts'
import type { PipelineReport } from '../pipeline-control.ts'
import type { Plan } from '../plan.ts'
import type { FoundPipeline, PipelineFinder } from './find-pipelines.ts'
import { areMeasured, createRateMeter, type RateMeter } from './rate-meter.ts'

/** The newest that is known of a pipeline of another program. */
export interface FollowedPipeline {
  readonly found: FoundPipeline
  /** Undefined until it has said it. */
  readonly plan: Plan | undefined
  readonly statistics: PipelineReport | undefined
  /** When it said that, by `performance.now`. */
  readonly heardAtMs: number
  /** It is not there any more, and has not said how it ended. */
  readonly isGone?: true
  readonly rates: { readonly in: ReadonlyMap<string, number>; readonly out: ReadonlyMap<string, number> }
}

interface Following {
  latest: FollowedPipeline
  /** Leaves its stream of figures; undefined while it has none. */
  leave: AbortController | undefined
  /** How often in turn it was not found. */
  missedCount: number
}

const lookEveryMs = 1_000
/** What it says last may still be on its way when it is not found any more. */
const maxMissedCount = 1
/** So many that have ended are remembered. */
const maxEndedCount = 8

/**
 * Keeps up with all pipelines that a finder finds: who comes is followed; of those that have gone, the last ones are remembered.
 * Runs until the ambient cancellation, with which it leaves them all; `changed` is called whenever there is news. Throws what a
 * finder does, and what goes wrong with news.
 */
export async function followPipelines(
  finder: Pick<PipelineFinder, 'find'>,
  changed: (pipelines: readonly FollowedPipeline[]) => void,
): Promise<void> {
  const followed = new Map<string, Following>()
  const failed = new AbortController()
  const tell = () => changed([...followed.values()].map(({ latest }) => latest))
  const lookOn = async (): Promise<never> => {
    for (;;) {
      const found = await lookFor(finder, [...followed.values()])
      forget(followed, new Set(found.map(({ id }) => id)))
      for (const pipeline of found) {
        const following = followed.get(pipeline.id) ?? newFollowing(pipeline)
        followed.set(pipeline.id, following)
        following.missedCount = 0
        const { isGone: _, ...latest } = following.latest
        following.latest = latest
        // One whose stream broke may be followed anew: what it said last is shown meanwhile.
        if (following.leave !== undefined || hasEnded(following.latest)) continue
        follow(following, tell).catch((error: unknown) => failed.abort(error))
      }
      tell()
      await sleep(lookEveryMs)
    }
  }
  try {
    await withSignal(failed.signal, lookOn)
  } finally {
    for (const { leave } of followed.values()) leave?.abort()
  }
}

/** Lets go of those that are not there any more, and forgets of whom there is nothing to show, or newer ones. */
function forget(followed: Map<string, Following>, there: ReadonlySet<string>): void {
  const ended = [...followed].filter(([, following]) => hasEnded(following.latest)).map(([id]) => id)
  for (const id of ended.slice(0, -maxEndedCount)) followed.delete(id)
  for (const [id, following] of followed) {
    if (there.has(id) || hasEnded(following.latest)) continue
    following.missedCount += 1
    if (following.leave !== undefined && following.missedCount <= maxMissedCount) continue
    following.leave?.abort()
    if (following.latest.statistics === undefined) followed.delete(id)
    else following.latest = { ...following.latest, isGone: true }
  }
}

/** While a registry is away, those that are followed are followed on. */
async function lookFor(
  finder: Pick<PipelineFinder, 'find'>,
  followed: readonly Following[],
): Promise<readonly FoundPipeline[]> {
  try {
    return await finder.find()
  } catch (error) {
    if (!isOutage(error) || followed.length === 0) throw error
    return followed.map(({ latest }) => latest.found)
  }
}

/** True where a registry is away, be it a Redis or a program, which may be back at the same address. */
export function isOutage(error: unknown): error is FlowError {
  return FlowError.is(error) && (error.code === 'FLOW_REGISTRY_UNAVAILABLE' || error.code === 'FLOW_CHANNEL_BROKEN')
}

function newFollowing(found: FoundPipeline): Following {
  const nothing = { plan: undefined, statistics: undefined, rates: { in: new Map(), out: new Map() } }
  return { latest: { found, heardAtMs: performance.now(), ...nothing }, leave: undefined, missedCount: 0 }
}

/** Until it has ended, or cannot be reached. */
async function follow(following: Following, tell: () => void): Promise<void> {
  const { found } = following.latest
  const leave = new AbortController()
  following.leave = leave
  try {
    const plan = await found.plan()
    let meters: { readonly in: RateMeter; readonly out: RateMeter } | undefined
    for await (const statistics of found.watch(leave.signal)) {
      const from = statistics
      // The first figures are what the others are measured from: a run may have been slow for an hour.
      const rates = meters && { in: meters.in.measure(statistics), out: meters.out.measure(statistics) }
      meters ??= { in: createRateMeter({ from }), out: createRateMeter({ from, count: ({ itemsOut }) => itemsOut }) }
      following.latest = {
        ...following.latest,
        plan,
        statistics,
        heardAtMs: performance.now(),
        ...(rates && { rates }),
      }
      tell()
    }
  } catch (error) {
    // It has gone, or does not answer: the next look says which. What else there is would be so the next time, too.
    if (!leave.signal.aborted && !FlowError.is(error)) throw error
  } finally {
    following.leave = undefined
  }
}

/** Whether it runs no more, be it that it has said how it ended or not. */
export function hasEnded({ isGone, statistics }: FollowedPipeline): boolean {
  return isGone === true || statistics?.ending !== undefined
}

/** Whether all is known of it that there is to know at a moment: rates, too, or how it ended. */
export function isMeasured({ statistics, rates }: FollowedPipeline): boolean {
  if (statistics === undefined) return false
  const isUp = statistics.stages.every(({ state }) => state !== 'starting')
  return statistics.ending !== undefined || (isUp && areMeasured(statistics, rates.in))
}
