import { displayWidth } from '../../formats/display-width.ts'
import type { Graph, GraphLevel } from './graph.ts'
import { type Box, type Layout, layOutGraph } from './layout.ts'

/** How the drawing is to fit the terminal. */
export interface TextGraphOptions {
  /** The cells of a line; as many as it takes by default. */
  readonly width?: number
  /** Colours a piece of a stage that runs. */
  paint?(text: string, level: GraphLevel): string
}

/** The ways that a line goes on from a cell. */
const north = 1
const east = 2
const south = 4
const west = 8

const strokes: Readonly<Record<number, string>> = {
  [north]: '│',
  [south]: '│',
  [north | south]: '│',
  [east]: '─',
  [west]: '─',
  [east | west]: '─',
  [north | east]: '╰',
  [north | west]: '╯',
  [south | east]: '╭',
  [south | west]: '╮',
  [north | south | east]: '├',
  [north | south | west]: '┤',
  [east | west | south]: '┬',
  [east | west | north]: '┴',
  [north | east | south | west]: '┼',
}

interface Cell {
  readonly text: string
  readonly level?: GraphLevel
}

/** A graph as lines of text, drawn with Unicode's box-drawing characters. */
export function renderTextGraph(graph: Graph, options: TextGraphOptions = {}): string[] {
  const layout = layOutGraph(graph, options.width)
  const rows: (Cell | undefined)[][] = Array.from({ length: layout.height }, () => [])
  drawRoutes(layout, rows)
  for (const box of layout.boxes) drawBox(box, rows)
  // After the boxes: a line begins in the border of one.
  for (const { points, leaves, arrives, label } of layout.routes) {
    const first = points[0]
    const last = points.at(-1)
    if (leaves && first !== undefined) put(rows, first.x, first.y, '┬')
    if (arrives && last !== undefined) put(rows, last.x, last.y, label === undefined ? '▼' : `▼ ${label}`)
  }
  return rows.map((row) => joinCells(row, options.paint))
}

function drawBox({ x, y, width, height, heading, lines, node }: Box, rows: (Cell | undefined)[][]): void {
  const level = node.note?.level
  const rest = width - displayWidth(heading) - 5
  put(rows, x, y, `╭─ ${heading} ${'─'.repeat(rest)}╮`, level)
  for (const [index, line] of lines.entries()) {
    put(rows, x, y + 1 + index, `│ ${line}${' '.repeat(width - 4 - displayWidth(line))} │`, level)
  }
  put(rows, x, y + height - 1, `╰${'─'.repeat(width - 2)}╯`, level)
}

/** The lines of one stage may fork, and those of several cross: an upright one then passes before the level one. */
function drawRoutes({ routes }: Layout, rows: (Cell | undefined)[][]): void {
  const cells = new Map<string, { x: number; y: number; ways: Map<string, number> }>()
  const add = (x: number, y: number, from: string, way: number): void => {
    const key = `${x},${y}`
    const cell = cells.get(key) ?? { x, y, ways: new Map<string, number>() }
    cell.ways.set(from, (cell.ways.get(from) ?? 0) | way)
    cells.set(key, cell)
  }
  for (const { points, from } of routes) {
    for (const [index, a] of points.entries()) {
      const b = points[index + 1]
      if (b === undefined) continue
      const [dx, dy] = [Math.sign(b.x - a.x), Math.sign(b.y - a.y)]
      const [on, back] = dx > 0 ? [east, west] : dx < 0 ? [west, east] : [south, north]
      for (let { x, y } = a; x !== b.x || y !== b.y; x += dx, y += dy) {
        add(x, y, from, on)
        add(x + dx, y + dy, from, back)
      }
    }
  }
  for (const { x, y, ways } of cells.values()) {
    const all = [...ways.values()]
    const upright = all.find((way) => way === (north | south))
    const way = all.length > 1 && upright !== undefined ? upright : all.reduce((sum, each) => sum | each, 0)
    put(rows, x, y, strokes[way] ?? ' ')
  }
}

function put(rows: (Cell | undefined)[][], x: number, y: number, text: string, level?: GraphLevel): void {
  const row = rows[y]
  if (row === undefined) return
  let at = x
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    const width = displayWidth(segment)
    // What takes no cell of its own belongs to the one before it.
    if (width === 0) row[at - 1] = { ...row[at - 1], text: `${row[at - 1]?.text ?? ''}${segment}` }
    else row[at] = { text: segment, ...(level === undefined ? {} : { level }) }
    // The second cell of a wide character is no space.
    if (width === 2) row[at + 1] = { text: '', ...(level === undefined ? {} : { level }) }
    at += width
  }
}

function joinCells(row: readonly (Cell | undefined)[], paint: TextGraphOptions['paint']): string {
  const runs: { text: string; level: GraphLevel | undefined }[] = []
  for (const cell of Array.from(row)) {
    const { text, level } = cell ?? { text: ' ' }
    const last = runs.at(-1)
    if (last !== undefined && last.level === level) last.text += text
    else runs.push({ text, level })
  }
  const painted = runs.map(({ text, level }) =>
    level === undefined || paint === undefined ? text : paint(text, level),
  )
  return painted.join('').trimEnd()
}
