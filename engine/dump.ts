import type { ActorRuntime } from './actor-runtime.ts'
import type { ActorAddress } from './address.ts'
import { askActor } from './ask-actor.ts'
import type { Channel } from './channel.ts'
import type { ContextStatus, ReceivedStatus, SentStatus } from './context-status.ts'
import type { ActorId } from './errors.ts'
import { actorService } from './portal.ts'
import { openStreams } from './read-vitals.ts'
import type { Traffic } from './traffic.ts'

/** What one actor does at the moment, and those below it. */
export interface ActorDump {
  readonly actor: ActorId
  readonly pid: number
  /** When it said so, by a clock of its own that never goes back, in milliseconds: for rates. */
  readonly atMs: number
  readonly addresses: readonly string[]
  readonly residentBytes: number
  readonly draining: boolean
  readonly cancelled: boolean
  /** The calls that run here, and how many a cancellation of the actor would call back: what grows when something leaks. */
  readonly taskCount: number
  readonly listenerCount: number
  /** The items of its streams since it began, those of streams that have ended included. */
  readonly traffic: Traffic
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

/** How far a dump goes. */
export interface DumpDepth {
  /** Whether the actors below are asked, too; true by default. */
  readonly below?: boolean
}

/** What this actor and all below it do at the moment. Those that do not answer within a second are there as silent. */
export async function dumpActor(runtime: ActorRuntime, { below = true }: DumpDepth = {}): Promise<ActorDump> {
  const asked = below ? [...runtime.children] : []
  const children = asked.map(async ({ id, pid, address }): Promise<ActorDump | SilentActor> => {
    try {
      return await requestDump(runtime, address)
    } catch (error) {
      return { actor: id, pid, silent: error instanceof Error ? error.message : String(error) }
    }
  })
  const channels = Array.from(runtime.channels.channels(), dumpChannel)
  return {
    actor: runtime.self,
    pid: process.pid,
    atMs: performance.now(),
    addresses: runtime.addresses,
    residentBytes: process.memoryUsage.rss(),
    draining: runtime.draining,
    cancelled: runtime.scope.reason !== undefined,
    taskCount: runtime.tasks.size,
    listenerCount: runtime.scope.listenerCount,
    traffic: runtime.traffic.with(openStreams(runtime)),
    channels,
    children: await Promise.all(children),
  }
}

/** Asks another actor for the same. Throws `DeadlineExceededError` when it does not answer in time (a second, by default). */
export async function requestDump(
  runtime: ActorRuntime,
  address: ActorAddress,
  options: DumpDepth & { readonly timeoutMs?: number } = {},
): Promise<ActorDump> {
  const { below = true, timeoutMs } = options
  const request = { service: actorService, functionName: 'dump', args: [{ below }], timeoutMs }
  return (await askActor(runtime, address, request)) as ActorDump
}

function dumpChannel(channel: Channel): ChannelDump {
  const { peer, label, roundTripMs, congested } = channel
  // All but the calls that make this dump.
  const contexts = [...channel.statuses()].filter(
    ({ service, functionName }) => !(service === actorService && functionName === 'dump'),
  )
  return { peer, label, congested, contexts, ...(roundTripMs === undefined ? {} : { roundTripMs }) }
}

/**
 * A dump for people: a line for each actor, indented as the tree is; below it one for each of its channels (═), and below
 * these one for each call to that peer (→) or from it (←).
 */
export function formatDump(dump: ActorDump | SilentActor, indent = ''): string {
  const who = `${indent}${dump.actor.name} (${dump.actor.id}) pid ${dump.pid ?? '?'}`
  if ('silent' in dump) return `${who}: does not answer: ${dump.silent}\n`
  const state = dump.cancelled ? ', is ending' : dump.draining ? ', is draining' : ''
  const where = dump.addresses.join(' ') || 'no address'
  const lines = [`${who}, ${formatMegabytes(dump.residentBytes)}${state}, at ${where}\n`]
  for (const channel of dump.channels) {
    const roundTrip = channel.roundTripMs === undefined ? '' : `, round trip ${channel.roundTripMs.toFixed(1)} ms`
    const full = channel.congested ? ', takes no more for now' : ''
    lines.push(`${indent}  ═ ${channel.peer.name} (${channel.peer.id}) by ${channel.label}${roundTrip}${full}\n`)
    for (const context of channel.contexts) lines.push(`${indent}    ${formatContext(context)}\n`)
  }
  for (const child of dump.children) lines.push(formatDump(child, `${indent}  `))
  return lines.join('')
}

function formatContext({ functionName, service, side, waitsFor, sent, received }: ContextStatus): string {
  const arrow = side === 'caller' ? '→' : '←'
  const name = service === '' ? functionName : `${service}.${functionName}`
  const flows = [
    ...(sent === undefined ? [] : formatSent(sent)),
    ...(received === undefined ? [] : formatReceived(received)),
  ]
  return `${arrow} ${name}: waits for ${waitsFor}${flows.length > 0 ? ` (${flows.join('; ')})` : ''}`
}

function formatSent({ count, bytes, allowedCount, allowedBytes }: SentStatus): string[] {
  if (count === 0) return []
  const inBytes = bytes >= allowedBytes ? `, ${formatMegabytes(bytes)} of ${formatMegabytes(allowedBytes)}` : ''
  return [`${count} sent of ${allowedCount} allowed${inBytes}`]
}

function formatReceived(received: ReceivedStatus): string[] {
  const { count, waitingCount, waitingBytes, windowCount, windowBytes } = received
  if (count === 0) return []
  if (waitingCount === 0) return [`${count} received`]
  const inBytes =
    waitingBytes >= windowBytes ? `, ${formatMegabytes(waitingBytes)} of ${formatMegabytes(windowBytes)}` : ''
  return [`${count} received, ${waitingCount} of them waiting here, of ${windowCount} that may${inBytes}`]
}

function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 2 ** 20
  return `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MiB`
}
