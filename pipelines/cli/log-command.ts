import type { Writable } from 'node:stream'
import { currentSignal, type LedgerEntry } from '../../engine/index.ts'
import { openOutput } from '../output.ts'
import { formatCapabilities } from './capability-options.ts'
import { exitCodes } from './exit-code.ts'
import { formatDuration } from './figures.ts'
import { toJsonLine } from './json-line.ts'
import { printableLine } from './printable.ts'
import { type VisitHost, type VisitOptions, visit } from './visit.ts'

/** The options of `flow log`. */
export interface LogOptions extends VisitOptions {
  readonly follow?: boolean
  /** Entries no older than so many milliseconds, or from that time on. */
  readonly since?: number | Date
  /** Those of actors whose name fits; `*` and `?` as in file names. */
  readonly actor?: string
  readonly json?: boolean
}

/** What `flow log` needs of its surroundings. */
export interface LogHost extends VisitHost {
  readonly stdout: Writable
  /** Milliseconds since the epoch. */
  now(): number
}

/** `flow log`: prints what happened to the actors of a registry, the oldest first; on request, on and on. */
export async function logCommand(options: LogOptions, host: LogHost): Promise<number> {
  const { follow = false, since, actor, json = false } = options
  return await visit(options, host, async ({ registry }) => {
    const entries = registry.readLedger({
      follow,
      ...(since === undefined ? {} : { sinceMs: typeof since === 'number' ? host.now() - since : since.getTime() }),
      ...(actor === undefined ? {} : { actor }),
    })
    await using output = openOutput(host.stdout, currentSignal())
    for await (const entry of entries) {
      if (!(await output.write(json ? toJsonLine(entry) : `${describeEntry(entry)}\n`))) break
    }
    return exitCodes.done
  })
}

/** An entry as a line: when, what, who, and what else is known. */
export function describeEntry(entry: LedgerEntry): string {
  const { atMs, kind, actor } = entry
  const more = detailsOf(entry)
  const head = `${new Date(atMs).toISOString()} ${kind.padEnd(10)} ${actor.name} (${actor.id})`
  return printableLine(more === '' ? head : `${head} ${more}`)
}

function detailsOf(entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'registered': {
      const { pid, host, addresses, capabilities, fence } = entry.registration
      const facts = [fence === undefined ? '' : `fence ${fence}`, formatCapabilities(capabilities)].filter(Boolean)
      const where = addresses.join(' ') || 'no address'
      return [`process ${pid} on ${host}, at ${where}`, ...facts].join(', ')
    }
    case 'started':
      return `below ${entry.parent.name} (${entry.parent.id})`
    case 'restarted':
      return `in the place of ${entry.previous.id}, restart ${entry.restartCount}`
    case 'failed':
    case 'expired':
      return entry.why
    case 'left':
      return ''
    case 'gap': {
      const since = formatDuration(entry.atMs - entry.sinceMs)
      if (entry.missedCount === undefined)
        return `it was read too slowly: entries of the ${since} before are not kept any more`
      const lost = `${entry.missedCount} ${entry.missedCount === 1 ? 'entry' : 'entries'} lost`
      return `its process could not reach the ledger for ${since}: ${lost}`
    }
  }
}
