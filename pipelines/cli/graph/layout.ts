import { displayWidth } from '../../formats/display-width.ts'
import { printableLine, truncate } from '../printable.ts'
import { type Graph, type GraphEdge, type GraphNode, headingOf, maxPartWidth } from './graph.ts'
import { type Layering, layerGraph, type Place } from './layers.ts'
import { placeInLayers } from './place-in-layers.ts'
import { portWidth, type Route, routeZone } from './route-zone.ts'

/** A drawing in cells of a terminal, x to the right and y down, from 0. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly routes: readonly Route[]
}

/** A stage: its border is the outermost cells. */
export interface Box {
  readonly node: GraphNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly heading: string
  readonly lines: readonly string[]
}

/** The least text that a narrow terminal leaves of a box. */
const minTextWidth = 12
/** Cells of a box around its text. */
const frameWidth = 4

/** Lays a graph out. With `width`, the texts of its stages are shortened until it fits, as far as that goes. */
export function layOutGraph(graph: Graph, width: number = Infinity): Layout {
  const layering = layerGraph(graph)
  for (let textWidth = maxPartWidth; ; textWidth -= 4) {
    const layout = layOut(graph, layering, textWidth)
    if (layout.width <= width || textWidth <= minTextWidth) return layout
  }
}

function layOut(graph: Graph, { layers, nets }: Layering, textWidth: number): Layout {
  const contents = new Map(graph.nodes.map((node) => [node.name, contentOf(node, graph.edges, textWidth)]))
  const sizes = new Map(layers.flat().map((place) => [place, sizeOf(place, contents)]))
  const lefts = placeInLayers(layers, nets, (place) => sizes.get(place)?.width ?? 1)
  const exits = new Map<Place, number>()
  for (const place of layers.flat()) exits.set(place, middle(lefts.get(place) ?? 0, sizes.get(place)?.width ?? 1))
  const boxes: Box[] = []
  const routes: Route[] = []
  let y = 0
  for (const [index, layer] of layers.entries()) {
    const height = Math.max(...layer.map((place) => sizes.get(place)?.height ?? 1))
    for (const place of layer) {
      const content = contents.get(place.name)
      if (place.isLine || content === undefined) continue
      boxes.push({
        ...content,
        x: lefts.get(place) ?? 0,
        y,
        ...(sizes.get(place) as { width: number; height: number }),
      })
    }
    const zone = routeZone({
      nets: nets.filter((net) => net.from.layer === index),
      exits,
      span: (place) => spanOf(lefts.get(place) ?? 0, sizes.get(place)?.width ?? 1, place),
      startOf: (place) => (place.isLine ? y - 1 : y + (sizes.get(place)?.height ?? 1) - 1),
      top: y + height,
    })
    routes.push(...zone.routes)
    y += height + zone.height
  }
  const right = Math.max(
    ...boxes.map((box) => box.x + box.width),
    ...routes.flatMap(({ points, label }) =>
      points.map(({ x }) => x + 1 + (label === undefined ? 0 : 1 + displayWidth(label))),
    ),
  )
  return { width: right, height: y, boxes, routes }
}

function contentOf(
  node: GraphNode,
  edges: readonly GraphEdge[],
  textWidth: number,
): Pick<Box, 'node' | 'heading' | 'lines'> & { readonly portsWidth: number } {
  const texts = [...node.parts, ...(node.note === undefined ? [] : [node.note.text])]
  const labels = edges.filter((edge) => edge.to === node.name)
  return {
    node,
    heading: truncate(printableLine(headingOf(node)), textWidth),
    lines: texts.map((text) => truncate(printableLine(text), textWidth)),
    portsWidth: labels.reduce((sum, { label = '' }) => sum + portWidth(label), 2),
  }
}

function sizeOf(
  place: Place,
  contents: ReadonlyMap<string, Pick<Box, 'heading' | 'lines'> & { readonly portsWidth: number }>,
): { width: number; height: number } {
  const content = contents.get(place.name)
  if (place.isLine || content === undefined) return { width: 1, height: 1 }
  const textWidth = Math.max(displayWidth(content.heading) + 2, ...content.lines.map(displayWidth))
  return { width: Math.max(textWidth + frameWidth, content.portsWidth), height: content.lines.length + 2 }
}

function middle(left: number, width: number): number {
  return left + Math.floor((width - 1) / 2)
}

/** Where a line may arrive. */
function spanOf(left: number, width: number, place: Place): readonly [number, number] {
  return place.isLine ? [left, left] : [left + 1, left + width - 2]
}
