import type { ActorDump, Registration } from '../../engine/index.ts'
import type { Guest } from './guest.ts'

/** What an actor does at the moment. */
export interface ActorFigures {
  /** The calls for one result, and those for a stream, that run in it for others. */
  readonly callCount: number
  readonly streamCount: number
  /** Undefined until it has been asked twice. */
  readonly itemsInPerSecond: number | undefined
  readonly itemsOutPerSecond: number | undefined
  readonly residentBytes: number
}

/** An actor of the registry, and what it answered. */
export interface ActorRow {
  readonly registration: Registration
  readonly figures?: ActorFigures
  /** Why there are no figures. */
  readonly silent?: string
}

/** Asks the actors of a registry what they do, and goes by the difference to what they said before. */
export interface ActorMeter {
  /** Asks all of them, several at a time, and waits for each no longer than a moment. */
  measure(registrations: readonly Registration[]): Promise<readonly ActorRow[]>
}

/** One that is held up for longer is as good as frozen to whoever looks. */
const timeoutMs = 1_500
/** How many are asked at a time: each is a connection. */
const maxAskedCount = 16

/** A meter for one guest. Rates go by the clocks of the actors: an answer may have been on its way for a moment. */
export function createActorMeter(guest: Pick<Guest, 'dump'>): ActorMeter {
  let dumps = new Map<string, ActorDump>()

  async function ask(registration: Registration, next: Map<string, ActorDump>): Promise<ActorRow> {
    const { id } = registration.actor
    try {
      const dump = await guest.dump(registration, { timeoutMs })
      next.set(id, dump)
      return { registration, figures: figuresOf(dump, dumps.get(id)) }
    } catch (error) {
      return { registration, silent: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    async measure(registrations) {
      const rows: ActorRow[] = []
      const next = new Map<string, ActorDump>()
      const queue = registrations.entries()
      const asker = async (): Promise<void> => {
        for (const [index, registration] of queue) rows[index] = await ask(registration, next)
      }
      await Promise.all(Array.from({ length: maxAskedCount }, asker))
      // Those who have gone are forgotten.
      dumps = next
      return rows
    },
  }
}

function figuresOf(dump: ActorDump, before: ActorDump | undefined): ActorFigures {
  const served = dump.channels
    .flatMap(({ contexts }) => contexts)
    .filter(({ side, service }) => side === 'callee' && service === '')
  const streamCount = served.filter(({ sent }) => sent !== undefined).length
  const rate = (direction: 'itemsIn' | 'itemsOut'): number | undefined => {
    if (before === undefined || dump.atMs <= before.atMs) return undefined
    return ((dump.traffic[direction] - before.traffic[direction]) * 1_000) / (dump.atMs - before.atMs)
  }
  return {
    callCount: served.length - streamCount,
    streamCount,
    itemsInPerSecond: rate('itemsIn'),
    itemsOutPerSecond: rate('itemsOut'),
    residentBytes: dump.residentBytes,
  }
}
