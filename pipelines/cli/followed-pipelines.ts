import { FlowError, sleep } from '../../engine/index.ts'
import type { Plan } from '../plan.ts'
import type { PipelineStatistics } from '../statistics.ts'
import type { FoundPipeline, PipelineFinder } from './find-pipelines.ts'
import { createRateMeter, type RateMeter } from './rate-meter.ts'

/** The newest that is known of a pipeline of another program. */
export interface FollowedPipeline {
  readonly found: FoundPipeline
  /** Undefined until it has said it. */
  readonly plan: Plan | undefined
  readonly statistics: PipelineStatistics | undefined
  readonly rates: { readonly in: ReadonlyMap<string, number>; readonly out: ReadonlyMap<string, number> }
}

interface Following {
  latest: FollowedPipeline
  readonly leave: AbortController
}

const lookEveryMs = 1_000

/**
 * Keeps up with all pipelines that a finder finds: who comes is followed, who has ended is forgotten. Runs until the ambient
 * cancellation, with which it leaves them all; `changed` is called whenever there is news.
 */
export async function followPipelines(
  finder: PipelineFinder,
  changed: (pipelines: readonly FollowedPipeline[]) => void,
): Promise<void> {
  const followed = new Map<string, Following>()
  const tell = () => changed([...followed.values()].map(({ latest }) => latest))
  try {
    for (;;) {
      const found = await lookFor(finder, [...followed.values()])
      for (const [id, { leave }] of followed) {
        if (found.some((pipeline) => pipeline.id === id)) continue
        leave.abort()
        followed.delete(id)
      }
      for (const pipeline of found) {
        if (followed.has(pipeline.id)) continue
        const following = newFollowing(pipeline)
        followed.set(pipeline.id, following)
        follow(following, tell).catch(() => {
          // One that was away for a moment may be followed anew.
          if (followed.get(pipeline.id) === following) followed.delete(pipeline.id)
        })
      }
      tell()
      await sleep(lookEveryMs)
    }
  } finally {
    for (const { leave } of followed.values()) leave.abort()
  }
}

/** While a registry is away, those that are followed are followed on. */
async function lookFor(finder: PipelineFinder, followed: readonly Following[]): Promise<readonly FoundPipeline[]> {
  try {
    return await finder.find()
  } catch (error) {
    if (!isOutage(error) || followed.length === 0) throw error
    return followed.map(({ latest }) => latest.found)
  }
}

/** True for what a registry says that will be back by itself. */
export function isOutage(error: unknown): error is FlowError {
  return FlowError.is(error) && error.code === 'FLOW_REGISTRY_UNAVAILABLE'
}

function newFollowing(found: FoundPipeline): Following {
  const latest = { found, plan: undefined, statistics: undefined, rates: { in: new Map(), out: new Map() } }
  return { latest, leave: new AbortController() }
}

async function follow(following: Following, tell: () => void): Promise<void> {
  const { found } = following.latest
  const plan = await found.plan()
  let meters: { readonly in: RateMeter; readonly out: RateMeter } | undefined
  for await (const statistics of found.watch(following.leave.signal)) {
    const from = statistics
    // The first figures are what the others are measured from: a run may have been slow for an hour.
    const rates = meters && { in: meters.in.measure(statistics), out: meters.out.measure(statistics) }
    meters ??= { in: createRateMeter({ from }), out: createRateMeter({ from, count: ({ itemsOut }) => itemsOut }) }
    following.latest = { ...following.latest, plan, statistics, ...(rates && { rates }) }
    tell()
  }
}
