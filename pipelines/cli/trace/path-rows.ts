import { printableLine } from '../printable.ts'
import type { Tone } from '../terminal.ts'
import { type Segment, segmentsOf } from './bar.ts'
import type { WireTime } from './hop.ts'
import type { HopNode, PathNode, SpanNode } from './path-tree.ts'
import { formatPreciseTime } from './precise-time.ts'
import type { SpanEvent, SpanLink } from './span.ts'

/** A line of a waterfall. One with nothing but a text tells more about the one before. */
export interface PathRow {
  readonly text: string
  readonly tone: Tone
  /** For credit, on the wire, queued, in the handler. */
  readonly times?: readonly string[]
  readonly segments?: readonly Segment[]
  readonly startMs?: number
}

export interface PathRowOptions {
  /** How many of the branches below one hop are shown. */
  readonly maxBranchCount: number
  /** What the item behind a link is called. */
  nameOf(link: SpanLink): string
}

const maxNamedLinkCount = 5
const maxEventCount = 20
const unknown = '–'

/**
 * The lines of a path, each hop before what came of it. What comes of an item one by one goes on below it, and only where
 * it branches is there an indentation: the path of an item reads from top to bottom.
 */
export function rowsOf(nodes: readonly PathNode[], options: PathRowOptions): PathRow[] {
  return branches(nodes, '', options)
}

function branches(nodes: readonly PathNode[], indent: string, options: PathRowOptions): PathRow[] {
  const [only] = nodes
  if (only !== undefined && nodes.length === 1) return branch(only, indent, indent, options)
  const shown = nodes.slice(0, options.maxBranchCount)
  const hidden = nodes.slice(options.maxBranchCount)
  const rows = shown.flatMap((node, index) => {
    const isLast = index === nodes.length - 1
    return branch(node, `${indent}${isLast ? '└ ' : '├ '}`, `${indent}${isLast ? '  ' : '│ '}`, options)
  })
  if (hidden.length > 0) {
    const longest = formatPreciseTime(hidden.reduce((most, { startMs, endMs }) => Math.max(most, endMs - startMs), 0))
    const text = `${indent}└ … ${hidden.length} more, the longest ${longest}: --all shows them`
    rows.push({ text, tone: 'faint' })
  }
  return rows
}

function branch(node: PathNode, head: string, indent: string, options: PathRowOptions): PathRow[] {
  const isForking = node.children.length > 1
  const notes = notesOf(node, options).map((note): PathRow => {
    const text = `${indent}${isForking ? '│' : ' '}   ${printableLine(note)}`
    return { text, tone: note.startsWith('✗') ? 'bad' : 'faint' }
  })
  const row = node.kind === 'hop' ? hopRow(node, head) : spanRow(node, head)
  return [row, ...notes, ...branches(node.children, indent, options)]
}

function hopRow(node: HopNode, head: string): PathRow {
  const { creditMs, wire, queueMs, handlerMs } = node.times
  return {
    text: `${head}${printableLine(`${node.from} → ${node.to}`)}${node.error === undefined ? '' : ' ✗'}`,
    tone: node.error === undefined ? 'plain' : 'bad',
    times: [timeOr(creditMs), wireText(wire), timeOr(queueMs), timeOr(handlerMs)],
    segments: segmentsOf(node),
    startMs: node.startMs,
  }
}

function spanRow(node: SpanNode, head: string): PathRow {
  return {
    text: `${head}· ${printableLine(node.span.name)}${node.error === undefined ? '' : ' ✗'}`,
    tone: node.error === undefined ? 'faint' : 'bad',
    times: ['', '', '', formatPreciseTime(node.endMs - node.startMs)],
    segments: segmentsOf(node),
    startMs: node.startMs,
  }
}

function notesOf(node: PathNode, { nameOf }: PathRowOptions): string[] {
  const notes: string[] = []
  if (node.error !== undefined) notes.push(`✗ ${node.error}`)
  if (node.kind === 'hop') {
    const { send, process, dropped, contributorCount, links } = node
    if (dropped) notes.push('nothing came of it: its path ends here')
    if (process === undefined) notes.push('nobody was seen to receive it')
    if (send === undefined) notes.push('its sending was not recorded')
    if (contributorCount > 0) notes.push(`made of ${contributorsText(contributorCount, links, nameOf)}`)
  } else if (node.links.length > 0) {
    notes.push(`linked to ${contributorsText(node.links.length, node.links, nameOf)}`)
  }
  if (node.orphan) notes.push('the span that it belongs to was not recorded')
  notes.push(...eventNotes(node))
  return notes
}

/** What happened meanwhile, and when; but for the exception that is its error. */
function eventNotes(node: PathNode): string[] {
  const spans = node.kind === 'hop' ? [node.send, node.process] : [node.span]
  const all = spans.flatMap((span) => span?.events ?? [])
  const events = all.filter(({ name }) => node.error === undefined || name !== 'exception')
  const notes = events.slice(0, maxEventCount).map(({ name, atMs, attributes }: SpanEvent) => {
    const details = Object.entries(attributes).map(([key, value]) => ` ${key}=${String(value)}`)
    return `+${formatPreciseTime(Math.max(0, atMs - node.startMs))} ${name}${details.join('')}`
  })
  return events.length > maxEventCount ? [...notes, `… ${events.length - maxEventCount} more events`] : notes
}

function contributorsText(count: number, links: readonly SpanLink[], nameOf: (link: SpanLink) => string): string {
  const what = `${count} ${count === 1 ? 'item' : 'items'}`
  const names = [...new Set(links.map(nameOf))].slice(0, maxNamedLinkCount)
  if (names.length === 0) return what
  return `${what}: ${names.join(', ')}${count > names.length ? ', …' : ''}`
}

function timeOr(ms: number | undefined): string {
  return ms === undefined ? unknown : formatPreciseTime(ms)
}

function wireText(wire: WireTime | undefined): string {
  if (wire === undefined) return unknown
  return `${{ exact: '', skewed: '≈', most: '≤' }[wire.kind]}${formatPreciseTime(wire.ms)}`
}
