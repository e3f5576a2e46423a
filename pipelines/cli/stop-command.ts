import { FlowError, type Registration, withSignal } from '../../engine/index.ts'
import { nobodyIs } from './choose-actor.ts'
import { CommandError } from './command-error.ts'
import { exitCodes } from './exit-code.ts'
import type { Guest } from './guest.ts'
import { printableLine } from './printable.ts'
import { type VisitHost, type VisitOptions, visit } from './visit.ts'

/** The options of `flow stop`. */
export interface StopOptions extends VisitOptions {
  /** All of that name, where there are several. */
  readonly all?: boolean
  /** Lets the calls that run there finish. */
  readonly drain?: boolean
  /** What they are told. */
  readonly reason?: string
}

/** What `flow stop` needs of its surroundings. */
export interface StopHost extends VisitHost {
  readonly stdout: { write(text: string): unknown }
}

/**
 * `flow stop`: asks an actor to leave, by its name or its id, and waits until it has ended and is in the registry no more.
 * Resolves to the exit code: 1 if there is none, 2 if there are several of that name and not `all` are meant.
 */
export async function stopCommand(who: string, options: StopOptions, host: StopHost): Promise<number> {
  return await visit(options, host, async (guest) => {
    const actors = await meant(who, options, guest)
    await using departures = await watchDepartures(guest)
    await Promise.all(actors.map((registration) => stop(registration, { options, host, guest, departures })))
    return exitCodes.done
  })
}

async function meant(who: string, { all }: StopOptions, guest: Guest): Promise<readonly Registration[]> {
  const named = await guest.registry.findAll(who)
  if (named.length > 1 && all !== true) {
    const each = named.map(({ actor, host, pid }) => `${actor.id} (process ${pid} on ${host})`)
    throw new CommandError(`${named.length} actors are called '${who}': name an id, or give --all: ${each.join(', ')}`)
  }
  if (named.length > 0) return named
  const everybody = await guest.registry.list()
  const byId = everybody.filter(({ actor }) => actor.id === who)
  if (byId.length === 0) throw nobodyIs(who, everybody)
  return byId
}

interface Stopping {
  readonly options: StopOptions
  readonly host: StopHost
  readonly guest: Guest
  readonly departures: Departures
}

async function stop({ actor }: Registration, { options, host, guest, departures }: Stopping): Promise<void> {
  const portal = await guest.get(actor)
  const { drain, reason = 'flow stop' } = options
  if (drain === true) await portal.drainActor(reason)
  else await portal.cancelActor(reason)
  await departures.of(actor.id, async () => {
    const still = await guest.registry.findAll(actor.name)
    return still.some((registration) => registration.actor.id === actor.id)
  })
  host.stdout.write(`${printableLine(actor.name)} (${actor.id}) has left\n`)
}

/** Who has left the registry since this was opened. */
interface Departures extends AsyncDisposable {
  /** Waits until it has left. `isThere` says whether it is registered now: one that has left before is not told of. */
  of(id: string, isThere: () => Promise<boolean>): Promise<void>
}

/** Begins to watch. Whoever is registered after this and leaves is told of. */
async function watchDepartures({ registry }: Guest): Promise<Departures> {
  const closing = new AbortController()
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const departureOf = (id: string): PromiseWithResolvers<void> => {
    const departure = waiting.get(id) ?? Promise.withResolvers<void>()
    waiting.set(id, departure)
    return departure
  }
  // The first change comes when those who are there have been listed: from then on nothing is missed.
  const listed = Promise.withResolvers<void>()
  const watching = withSignal(closing.signal, async () => {
    for await (const { kind, registration } of registry.watch('*')) {
      listed.resolve()
      if (kind === 'left') departureOf(registration.actor.id).resolve()
    }
  })
  watching.catch(() => undefined)
  await Promise.race([listed.promise, watching])
  return {
    async of(id, isThere) {
      try {
        if (await isThere()) await Promise.race([departureOf(id).promise, watching])
      } catch (error) {
        // It held the registry itself, which has gone with it.
        if (!FlowError.is(error) || error.code !== 'FLOW_CHANNEL_BROKEN') throw error
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('all that was waited for has happened'))
      await watching.catch(() => undefined)
    },
  }
}
