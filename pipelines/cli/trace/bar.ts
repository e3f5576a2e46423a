import type { PathNode } from './path-tree.ts'

/** What an item did at a time. */
export type Phase = 'credit' | 'wire' | 'queue' | 'handler' | 'span'

/** From when to when it did so, in milliseconds since 1970. */
export interface Segment {
  readonly phase: Phase
  readonly fromMs: number
  readonly toMs: number
}

/** Which part of the time a bar is of, and how many cells it has. */
export interface BarScale {
  readonly startMs: number
  readonly endMs: number
  readonly cells: number
}

export const phaseSigns: Readonly<Record<Phase, string>> = {
  credit: '░',
  wire: '─',
  queue: '▒',
  handler: '█',
  span: '━',
}
/** A time that is shorter than any cell can show. */
const instant = '▏'

/** Where the time of a node went, in order. Clocks that do not agree make no gap and no overlap that was not there. */
export function segmentsOf(node: PathNode): Segment[] {
  if (node.kind === 'span') return [{ phase: 'span', fromMs: node.startMs, toMs: node.endMs }]
  const { creditMs = 0, sentMs, arrivedMs } = node.times
  const segments: Segment[] = []
  if (sentMs !== undefined) {
    segments.push({ phase: 'credit', fromMs: sentMs - creditMs, toMs: sentMs })
    if (arrivedMs !== undefined) segments.push({ phase: 'wire', fromMs: sentMs, toMs: arrivedMs })
  }
  if (node.process !== undefined && arrivedMs !== undefined) {
    segments.push({ phase: 'queue', fromMs: arrivedMs, toMs: node.process.startMs })
    segments.push({ phase: 'handler', fromMs: node.process.startMs, toMs: node.process.endMs })
  }
  return segments.filter(({ fromMs, toMs }) => toMs > fromMs)
}

/**
 * Draws segments to scale: each cell has the sign of what took most of its time. What is too short for a cell of its own is
 * still a mark where it began. Returns the phase of each cell beside its sign, for the colours.
 */
export function drawBar(
  segments: readonly Segment[],
  atMs: number,
  scale: BarScale,
): { sign: string; phase?: Phase }[] {
  const cellMs = (scale.endMs - scale.startMs) / scale.cells
  const cells = Array.from({ length: scale.cells }, (_, index) => {
    const fromMs = scale.startMs + index * cellMs
    let best: Phase | undefined
    // Less than half of a cell is nothing: the bars of two hops in turn would seem to overlap.
    let bestMs = cellMs / 2
    for (const { phase, ...segment } of segments) {
      const shareMs = Math.min(segment.toMs, fromMs + cellMs) - Math.max(segment.fromMs, fromMs)
      if (shareMs > bestMs) {
        best = phase
        bestMs = shareMs
      }
    }
    return best === undefined ? { sign: ' ' } : { sign: phaseSigns[best], phase: best }
  })
  if (cells.some(({ phase }) => phase !== undefined)) return cells
  const at = cellMs > 0 ? Math.floor((atMs - scale.startMs) / cellMs) : 0
  cells[Math.min(Math.max(at, 0), scale.cells - 1)] = { sign: instant, phase: segments.at(-1)?.phase ?? 'span' }
  return cells
}
