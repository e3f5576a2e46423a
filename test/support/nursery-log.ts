import { vi } from 'vitest'
import type { Nursery } from '../../index.ts'
import { shield } from '../../index.ts'
import { waitUntil } from './wait-until.ts'

type NurseryEvent = ReturnType<Nursery['events']> extends AsyncIterable<infer Event> ? Event : never

/** All that happened in a nursery since the log was opened. */
export interface NurseryLog {
  readonly events: NurseryEvent[]
  /** The events as short text: `exited anna by SIGKILL`, `restarted anna 1`. */
  lines(): string[]
  /** Waits until there are so many events of a kind. */
  until(kind: NurseryEvent['kind'], count: number): Promise<void>
  /** Resolves when the nursery has no more of them. */
  readonly ended: Promise<void>
}

export function openNurseryLog(nursery: Nursery): NurseryLog {
  const events: NurseryEvent[] = []
  const lines = () => events.map((event) => describeEvent(event))
  // Out of reach of the nursery's own cancellation: what that brings about belongs into the log.
  const ended = shield(async () => {
    for await (const event of nursery.events()) events.push(event)
  })
  const until = (kind: NurseryEvent['kind'], count: number) =>
    waitUntil(() => events.filter((event) => event.kind === kind).length >= count, {
      withinMs: 20_000,
      describe: lines,
    })
  return { events, lines, until, ended }
}

function describeEvent(event: NurseryEvent): string {
  const what = `${event.kind} ${event.actor.name}`
  switch (event.kind) {
    case 'started':
      return what
    case 'restarted':
      return `${what} ${event.restartCount}`
    case 'exited':
      return event.error === undefined ? what : `${what} by ${howOf(event.error)}`
    case 'escalated':
      return `${what} by ${howOf(event.error)}`
  }
}

function howOf(error: Error & { exitCode?: number | null; signal?: string | null }): string {
  return error.signal ?? (typeof error.exitCode === 'number' ? `exit code ${error.exitCode}` : error.name)
}

/** What this process writes to stderr from now on, in place of writing it. `vi.restoreAllMocks()` ends that. */
export function listenToStderr(): string[] {
  const written: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  return written
}
