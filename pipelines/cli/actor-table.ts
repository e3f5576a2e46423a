import type { ActorRow } from './actor-figures.ts'
import { formatCapabilities } from './capability-options.ts'
import { type Alignment, layOutColumns } from './columns.ts'
import { formatCount, formatDuration, formatRate } from './figures.ts'
import { printableLine } from './printable.ts'

const columns: readonly (readonly [heading: string, alignment: Alignment])[] = [
  ['name', 'left'],
  ['id', 'left'],
  ['host', 'left'],
  ['pid', 'right'],
  ['age', 'right'],
  ['calls', 'right'],
  ['streams', 'right'],
  ['in/s', 'right'],
  ['out/s', 'right'],
  ['fence', 'left'],
  ['capabilities', 'left'],
]

/** The actors of a registry as aligned lines below a heading. One that does not answer says so in the place of its figures. */
export function renderActorTable(rows: readonly ActorRow[], nowMs: number): readonly string[] {
  const cells = rows.map((row) => cellsOf(row, nowMs))
  return layOutColumns(
    [columns.map(([heading]) => heading), ...cells],
    columns.map(([, alignment]) => alignment),
  )
}

function cellsOf({ registration, figures, silent }: ActorRow, nowMs: number): string[] {
  const { actor, host, pid, startedAt, fence, capabilities } = registration
  const traits = [formatCapabilities(capabilities), silent === undefined ? '' : `does not answer: ${silent}`]
  return [
    actor.name,
    actor.id,
    host,
    String(pid),
    // Clocks of two hosts may differ.
    formatDuration(Math.max(0, nowMs - startedAt)),
    figures === undefined ? '?' : formatCount(figures.callCount),
    figures === undefined ? '?' : formatCount(figures.streamCount),
    rateOf(figures?.itemsInPerSecond),
    rateOf(figures?.itemsOutPerSecond),
    fence === undefined ? '' : String(fence),
    traits.filter(Boolean).join(', '),
  ].map(printableLine)
}

function rateOf(perSecond: number | undefined): string {
  return perSecond === undefined ? '?' : formatRate(Math.max(0, perSecond))
}
