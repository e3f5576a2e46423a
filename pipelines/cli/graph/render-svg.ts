import { printableLine } from '../printable.ts'
import type { Graph, GraphLevel } from './graph.ts'
import { type Box, layOutGraph } from './layout.ts'
import { levelColours } from './level-colours.ts'
import type { Route } from './route-zone.ts'

/** A cell of the layout, and what is left free around the drawing, in pixels. */
const cellWidth = 8
const cellHeight = 19
const margin = 16
const bend = 6

/** A graph as an SVG image that needs nothing else: it has its own colours for light and for dark paper. */
export function renderSvg(graph: Graph): string[] {
  const { width, height, boxes, routes } = layOutGraph(graph)
  const size = [width * cellWidth + 2 * margin, height * cellHeight + 2 * margin] as const
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" role="img">`,
    `<title>${escape(graph.name)}</title>`,
    `<style>${styles(new Set(boxes.flatMap(({ node }) => (node.note === undefined ? [] : [node.note.level]))))}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">' +
      '<path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    ...routes.map(drawRoute),
    ...boxes.flatMap(drawBox),
    '</svg>',
  ]
}

function styles(levels: ReadonlySet<GraphLevel>): string {
  const levelRules = [...levels].flatMap((level) => {
    const { fill, stroke, text } = levelColours[level]
    return [`.${level} rect{fill:${fill};stroke:${stroke}}`, `.${level} text{fill:${text}}`]
  })
  return [
    'text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328;white-space:pre}',
    '.heading{font-weight:bold}',
    'rect{fill:#f6f8fa;stroke:#59636e}',
    '.line{fill:none;stroke:#59636e;stroke-width:1.5}',
    '.head{fill:#59636e}',
    '@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22;stroke:#8b949e}.line{stroke:#8b949e}.head{fill:#8b949e}}',
    ...levelRules,
  ].join('')
}

function drawBox({ x, y, width, height, heading, lines, node }: Box): string[] {
  const [left, top] = [margin + x * cellWidth, margin + y * cellHeight]
  const text = (line: string, row: number, kind = ''): string => {
    const baseline = pixels(top + row * cellHeight + 14)
    return `<text${kind} x="${left + 2 * cellWidth}" y="${baseline}">${escape(line)}</text>`
  }
  return [
    `<g${node.note === undefined ? '' : ` class="${node.note.level}"`}>`,
    `<rect x="${left}" y="${top}" width="${width * cellWidth}" height="${height * cellHeight - 6}" rx="6"/>`,
    text(heading, 0.3, ' class="heading"'),
    ...lines.map((line, index) => text(line, 1.3 + index)),
    '</g>',
  ]
}

function drawRoute({ points, leaves, arrives, label }: Route): string {
  const at = points.map(({ x, y }, index) => {
    // A line comes out of the border of a box, which ends a little above its last row, and ends at that of another.
    const isFirst = index === 0
    const isLast = index === points.length - 1
    const row = isFirst ? (leaves ? y + 0.65 : y + 1) : isLast ? y + 1 : y + 0.5
    return [pixels(margin + (x + 0.5) * cellWidth), pixels(margin + row * cellHeight)] as const
  })
  const path = at.map((point, index) => {
    const [before, after] = [at[index - 1], at[index + 1]]
    if (before === undefined) return `M${point.join(' ')}`
    if (after === undefined) return `L${point.join(' ')}`
    return `L${towards(point, before)} Q${point.join(' ')} ${towards(point, after)}`
  })
  const line = `<path class="line" d="${path.join(' ')}"${arrives ? ' marker-end="url(#arrow)"' : ''}/>`
  const [endX = 0, endY = 0] = at.at(-1) ?? []
  return label === undefined ? line : `${line}<text x="${endX + cellWidth}" y="${endY - 6}">${escape(label)}</text>`
}

/** The point near a corner at which the line begins to bend. */
function towards(corner: readonly [number, number], other: readonly [number, number]): string {
  const distance = Math.hypot(other[0] - corner[0], other[1] - corner[1])
  const share = Math.min(bend, distance / 2) / distance
  const at = ([x, y]: readonly [number, number]) => `${pixels(x)} ${pixels(y)}`
  return at([corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share])
}

function pixels(length: number): number {
  return Math.round(length * 10) / 10
}

function escape(text: string): string {
  return printableLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
