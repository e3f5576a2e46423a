import type { ActorStatistics, ActorWaiting, PipelineStatistics, StageStatistics } from './statistics.ts'

/** A pipeline has items in hand, and none of them goes on: who waits for whom, and what is at the end of that. */
export interface Stall {
  /** From the actor that is furthest from the cause to the last one before it; none where the cause is all there is. */
  readonly links: readonly StallLink[]
  readonly cause: StallCause
  /** How long nothing has gone on, in milliseconds. */
  readonly forMs: number
}

/** An actor that waits for a stage. */
export interface StallLink {
  readonly actor: string
  /** `output`: for it to take items; `input`: for items of it. */
  readonly on: 'input' | 'output'
  readonly stage: string
  readonly sinceMs: number
}

/** Why an actor neither takes nor gives, nor waits for another stage. */
export interface StallCause {
  readonly actor: string
  /**
   * `sink`: what its sink writes to takes nothing. `source`: what its source reads has nothing. `busy`: it works, or waits for
   * something in a step. `silent`: it does not answer. `ring`: it waits for the first of the links.
   */
  readonly kind: 'sink' | 'source' | 'busy' | 'silent' | 'ring'
  /** What the source or sink waits for, if it says so: `stdout`. */
  readonly reason?: string
  readonly sinceMs: number
}

interface Member {
  readonly stage: string
  readonly actor: ActorStatistics
}

/**
 * What holds a pipeline up: of the actors that have items in hand and have made no progress for `afterMs`, the chain from the
 * one that is furthest away to the cause. Undefined while things go on, and where all wait for sources that have nothing: no
 * item is held up then.
 */
export function findStall(statistics: PipelineStatistics, options: { readonly afterMs: number }): Stall | undefined {
  return findStalls(statistics, options)[0]
}

/** All that holds a pipeline up, each cause once, with the longest of the chains that lead to it; the longest of all first. */
export function findStalls(statistics: PipelineStatistics, options: { readonly afterMs: number }): Stall[] {
  const running = statistics.stages.filter(({ state }) => state === 'running')
  const still = running.flatMap((stage) => stillMembersOf(stage, options.afterMs))
  const stalls = still
    .filter((member) => hasItems(member, options.afterMs))
    .flatMap((member) => follow(member, still) ?? [])
    .sort((a, b) => b.links.length - a.links.length || b.forMs - a.forMs)
  const byCause = new Map<string, Stall>()
  for (const stall of stalls) if (!byCause.has(culpritOf(stall))) byCause.set(culpritOf(stall), stall)
  return [...byCause.values()]
}

/** Who is to blame, as a key: the actor at the end of the chain or, of a ring, all who are in it. */
export function culpritOf({ links, cause }: Stall): string {
  if (cause.kind !== 'ring') return cause.actor
  const ring = links.slice(links.findIndex(({ actor }) => actor === cause.actor)).map(({ actor }) => actor)
  return ring.sort().join(' ')
}

function stillMembersOf({ name, perActor }: StageStatistics, afterMs: number): Member[] {
  return perActor
    .filter((actor) => actor.done !== true && actor.lastProgressMs >= afterMs)
    .map((actor) => ({ stage: name, actor }))
}

/** One that waits for items has none. What one is at that has not answered for a moment, nobody knows. */
function hasItems({ actor: { silentMs, waiting } }: Member, afterMs: number): boolean {
  return silentMs === undefined ? waiting?.on !== 'input' : silentMs >= afterMs
}

/**
 * From an actor to those it waits for, until one waits for nobody. Undefined where that leads to a stage that goes on: its turn
 * will come.
 */
function follow(first: Member, still: readonly Member[]): Stall | undefined {
  const links: StallLink[] = []
  const passed = new Set<Member>()
  const forMs = first.actor.lastProgressMs
  for (let member = first; ; ) {
    passed.add(member)
    const { name, waiting, silentMs } = member.actor
    if (waiting === undefined || silentMs !== undefined || waiting.stages.length === 0) {
      return { links, cause: causeOf(member), forMs }
    }
    const next = nextOf(member, waiting, still)
    if (next === undefined) return undefined
    const { on, sinceMs } = waiting
    links.push({ actor: name, on, stage: next.stage, sinceMs })
    if (passed.has(next)) return { links, cause: { actor: next.actor.name, kind: 'ring', sinceMs }, forMs }
    member = next
  }
}

/** Whom it waits for, of those that make no progress either: one that does not wait itself says most. */
function nextOf({ actor }: Member, { on, stages }: ActorWaiting, still: readonly Member[]): Member | undefined {
  const rank = ({ actor: { waiting, silentMs } }: Member): number => {
    if (silentMs !== undefined) return 0
    if (waiting === undefined) return 1
    return waiting.on === on ? 2 : 3
  }
  return still
    .filter((other) => other.actor !== actor && stages.includes(other.stage))
    .sort((a, b) => rank(a) - rank(b) || b.actor.lastProgressMs - a.actor.lastProgressMs)[0]
}

function causeOf({ actor }: Member): StallCause {
  const { name, waiting, silentMs, lastProgressMs } = actor
  if (silentMs !== undefined) return { actor: name, kind: 'silent', sinceMs: silentMs }
  if (waiting === undefined) return { actor: name, kind: 'busy', sinceMs: lastProgressMs }
  const { on, sinceMs, reason } = waiting
  return {
    actor: name,
    kind: on === 'output' ? 'sink' : 'source',
    sinceMs,
    ...(reason === undefined ? {} : { reason }),
  }
}
