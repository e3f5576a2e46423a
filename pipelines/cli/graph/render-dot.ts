import { printableLine, truncate } from '../printable.ts'
import { type Graph, type GraphNode, headingOf, maxPartWidth } from './graph.ts'
import { levelColours } from './level-colours.ts'

/** A graph in the language of Graphviz. */
export function renderDot({ name, nodes, edges }: Graph): string[] {
  const ids = new Map(nodes.map((node, index) => [node.name, `s${index}`]))
  return [
    `digraph ${quote(name)} {`,
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname=monospace]',
    '  edge [fontname=monospace]',
    ...nodes.map((node) => `  ${ids.get(node.name)} [${attributesOf(node)}]`),
    ...edges.map(({ from, to, label }) => {
      return `  ${ids.get(from)} -> ${ids.get(to)}${label === undefined ? '' : ` [label=${quote(label)}]`}`
    }),
    '}',
  ]
}

function attributesOf(node: GraphNode): string {
  const lines = [headingOf(node), ...node.parts, ...(node.note === undefined ? [] : [node.note.text])]
  // `\l` ends a line that begins at the left.
  const label = `label="${lines.map((line) => `${escape(line)}\\l`).join('')}"`
  if (node.note === undefined) return label
  const { fill, stroke, text } = levelColours[node.note.level]
  return `${label}, fillcolor="${fill}", color="${stroke}", fontcolor="${text}"`
}

function quote(text: string): string {
  return `"${escape(text)}"`
}

/** An `&` would begin an entity: a stage called `a&lt;b` is to be seen as that. */
function escape(text: string): string {
  return truncate(printableLine(text), maxPartWidth)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('&', '&amp;')
}
