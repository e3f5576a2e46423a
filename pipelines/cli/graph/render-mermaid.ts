import { printableLine, truncate } from '../printable.ts'
import { type Graph, type GraphLevel, type GraphNode, headingOf, maxPartWidth } from './graph.ts'
import { levelColours } from './level-colours.ts'

/** A graph in the language of Mermaid, which GitHub and many editors draw. */
export function renderMermaid({ nodes, edges }: Graph): string[] {
  const ids = new Map(nodes.map(({ name }, index) => [name, `s${index}`]))
  const levels = new Set(nodes.flatMap(({ note }) => (note === undefined ? [] : [note.level])))
  return [
    'flowchart TD',
    ...nodes.map((node) => `  ${ids.get(node.name)}${shapeOf(node)}`),
    ...edges.map(({ from, to, label }) => {
      const arrow = label === undefined ? '-->' : `-->|"${escape(label)}"|`
      return `  ${ids.get(from)} ${arrow} ${ids.get(to)}`
    }),
    ...[...levels].map((level) => `  classDef ${level} ${styleOf(level)}`),
    ...nodes.flatMap(({ name, note }) => (note === undefined ? [] : [`  class ${ids.get(name)} ${note.level}`])),
  ]
}

/** A source and a sink have round ends. */
function shapeOf(node: GraphNode): string {
  const note = node.note === undefined ? [] : [`<i>${escape(node.note.text)}</i>`]
  const label = [`<b>${escape(headingOf(node))}</b>`, ...node.parts.map(escape), ...note].join('<br/>')
  return node.kind === 'stage' ? `["${label}"]` : `(["${label}"])`
}

function styleOf(level: GraphLevel): string {
  const { fill, stroke, text } = levelColours[level]
  return `fill:${fill},stroke:${stroke},color:${text}`
}

/** What has a meaning in Mermaid, in HTML or in Markdown is there as a number: `#60;`. */
function escape(text: string): string {
  return truncate(printableLine(text), maxPartWidth).replace(
    /[^\p{L}\p{M}\p{N} .,:'/+=()×…-]/gu,
    (sign) => `#${sign.codePointAt(0)};`,
  )
}
