import type { ActorRuntime } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import type { Channel, ContextStatus } from './channel.ts'
import { type ActorId, DeadlineExceededError } from './errors.ts'
import { actorService, callService } from './portal.ts'
import { ambientScope } from './scope.ts'

/** What one actor does at the moment, and those below it. */
export interface ActorDump {
  readonly actor: ActorId
  readonly pid: number
  readonly addresses: readonly string[]
  readonly residentBytes: number
  readonly draining: boolean
  readonly cancelled: boolean
  readonly channels: readonly ChannelDump[]
  readonly children: readonly (ActorDump | SilentActor)[]
}

/** A child that did not answer. */
export interface SilentActor {
  readonly actor: ActorId
  readonly pid: number | undefined
  readonly silent: string
}

export interface ChannelDump {
  readonly peer: ActorId
  readonly label: string
  /** Undefined before the first ping. */
  readonly roundTripMs?: number
  /** True while the peer takes no more. */
  readonly congested: boolean
  readonly contexts: readonly ContextStatus[]
}

// An actor that is held up is what a dump is for: it is not waited for long.
const answerTimeoutMs = 1_000
// Of the time that an actor itself has for its answer: what it knows of those below it has to arrive, too.
const shareBelow = 0.7

/** What this actor and all below it do at the moment. Those that do not answer within a second are there as silent. */
export async function dumpActor(runtime: ActorRuntime): Promise<ActorDump> {
  const children = [...runtime.children].map(async ({ id, pid, address }): Promise<ActorDump | SilentActor> => {
    try {
      return await requestDump(runtime, address)
    } catch (error) {
      return { actor: id, pid, silent: error instanceof Error ? error.message : String(error) }
    }
  })
  return {
    actor: runtime.self,
    pid: process.pid,
    addresses: runtime.addresses,
    residentBytes: process.memoryUsage.rss(),
    draining: runtime.draining,
    cancelled: runtime.scope.reason !== undefined,
    channels: Array.from(runtime.channels.channels(), dumpChannel),
    children: await Promise.all(children),
  }
}

/** Asks another actor for the same. Throws `DeadlineExceededError` when it does not answer in time. */
export async function requestDump(runtime: ActorRuntime, address: ActorAddress): Promise<ActorDump> {
  const ownMs = (ambientScope()?.deadlineAt ?? Infinity) - performance.now()
  const timeoutMs = Math.min(answerTimeoutMs, ownMs * shareBelow)
  const answer = callService(runtime, address, actorService, 'dump', [], { timeoutMs }) as Promise<ActorDump>
  const late = Promise.withResolvers<never>()
  // A call that is out of time waits for its callee to end, and one that is frozen does not.
  const timer = setTimeout(() => late.reject(new DeadlineExceededError(Math.round(timeoutMs))), timeoutMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
    answer.catch(() => undefined)
  }
}

function dumpChannel(channel: Channel): ChannelDump {
  const { peer, label, roundTripMs, congested } = channel
  const contexts = [...channel.statuses()]
  return { peer, label, congested, contexts, ...(roundTripMs === undefined ? {} : { roundTripMs }) }
}

/** A dump for people: one line for each actor and context, indented as the tree is. */
export function formatDump(dump: ActorDump | SilentActor, indent = ''): string {
  const who = `${indent}${dump.actor.name} (${dump.actor.id}) pid ${dump.pid ?? '?'}`
  if ('silent' in dump) return `${who}: does not answer: ${dump.silent}\n`
  const megabytes = (dump.residentBytes / 2 ** 20).toFixed(0)
  const state = dump.cancelled ? ', is ending' : dump.draining ? ', is draining' : ''
  const lines = [`${who}, ${megabytes} MiB${state}, at ${dump.addresses.join(' ') || 'no address'}\n`]
  for (const channel of dump.channels) {
    const roundTrip = channel.roundTripMs === undefined ? '' : `, round trip ${channel.roundTripMs.toFixed(1)} ms`
    const full = channel.congested ? ', takes no more for now' : ''
    lines.push(`${indent}  ═ ${channel.peer.name} (${channel.peer.id}) by ${channel.label}${roundTrip}${full}\n`)
    for (const context of channel.contexts) lines.push(`${indent}    ${formatContext(context)}\n`)
  }
  for (const child of dump.children) lines.push(formatDump(child, `${indent}  `))
  return lines.join('')
}

function formatContext(context: ContextStatus): string {
  const arrow = context.side === 'caller' ? '→' : '←'
  const { sentCount, receivedCount, bufferedCount } = context
  const figures = [
    sentCount > 0 ? `${sentCount} sent` : '',
    receivedCount > 0 ? `${receivedCount} received` : '',
    bufferedCount > 0 ? `${bufferedCount} waiting here` : '',
  ].filter((text) => text !== '')
  return `${arrow} ${context.functionName}: waits for ${context.waitsFor}${figures.length > 0 ? ` (${figures.join(', ')})` : ''}`
}
