import { type ActorRuntime, maxCountedNames } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import { askActor } from './ask-actor.ts'
import { currentRuntime } from './current-actor.ts'
import { loadV8 } from './late-builtins.ts'
import { actorService } from './portal.ts'
import type { Reporter } from './report.ts'
import { stageOf } from './shared-name.ts'
import type { Streaming } from './traffic.ts'
import type { ActorVitals, TreeVitals } from './vitals.ts'

/** The vitals of one actor. Nothing is counted for it that is not counted anyway. */
export function actorVitals(runtime: ActorRuntime): ActorVitals {
  const { parent, pipeline } = runtime.options
  return {
    actor: runtime.self,
    ...(parent === undefined ? {} : { parent }),
    pipeline,
    heapUsedBytes: loadV8().getHeapStatistics().used_heap_size,
    residentBytes: process.memoryUsage.rss(),
    taskCount: [...runtime.tasks].filter((task) => task.isUsers).length,
    edges: runtime.traffic.edges(openStreams(runtime)),
    restarts: { ...noRestarts(runtime), ...runtime.restarts.all },
    errors: runtime.errors.all,
    reports: [...runtime.reporters].map((read) => read()).filter((report) => report !== undefined),
  }
}

/** Each child counts from the start, so that its first restart is a change. */
function noRestarts({ children }: ActorRuntime): Record<string, number> {
  const stages = new Set([...children].map(({ id }) => stageOf(id.name)))
  return Object.fromEntries([...stages].slice(0, maxCountedNames).map((stage) => [stage, 0]))
}

/** The streams that are open in an actor. */
export function* openStreams(runtime: ActorRuntime): Generator<Streaming> {
  for (const channel of runtime.channels.channels()) {
    const peer = channel.peer.name
    for (const status of channel.statuses()) yield { ...status, peer }
  }
}

/** The vitals of this actor and of all below it; those that do not answer within a second are silent. */
export async function treeVitals(runtime: ActorRuntime): Promise<TreeVitals> {
  const below = [...runtime.children].map(async ({ id, address, pipeline }): Promise<TreeVitals> => {
    try {
      return await requestVitals(runtime, address)
    } catch {
      return { actors: [], silent: [{ ...id, pipeline }] }
    }
  })
  const trees = await Promise.all(below)
  return {
    actors: [actorVitals(runtime), ...trees.flatMap(({ actors }) => actors)],
    silent: trees.flatMap(({ silent }) => silent),
  }
}

function requestVitals(runtime: ActorRuntime, address: ActorAddress): Promise<TreeVitals> {
  return askActor(runtime, address, { service: actorService, functionName: 'vitals', args: [] }) as Promise<TreeVitals>
}

/** How many items the streams of the actor that the calling code runs in have received, and nobody has taken yet. */
export function queuedItemCount(): number {
  let count = 0
  for (const { service, received } of openStreams(currentRuntime())) {
    if (service === '') count += received?.waitingCount ?? 0
  }
  return count
}

/** Adds a report to the vitals of the actor that the calling code runs in. The result takes it back. */
export function addReporter(read: Reporter): () => void {
  const { reporters } = currentRuntime()
  reporters.add(read)
  return () => reporters.delete(read)
}
