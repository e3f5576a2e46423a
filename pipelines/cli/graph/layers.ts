import type { Graph, GraphEdge } from './graph.ts'

/** One place in a layer: a stage, or a line that passes through it on its way to a later layer. */
export interface Place {
  /** The stage that stands here, or whose line passes. */
  readonly name: string
  readonly isLine: boolean
  readonly layer: number
}

/** What leaves a place for the next layer: one line that may fork, as all readers of a stage get the same. */
export interface Net {
  readonly from: Place
  readonly to: readonly { readonly place: Place; readonly edge?: GraphEdge }[]
}

/** The stages in layers, each one below all that it reads, in an order with few crossings. */
export interface Layering {
  readonly layers: readonly (readonly Place[])[]
  readonly nets: readonly Net[]
}

const sweepCount = 6

export function layerGraph(graph: Graph): Layering {
  const depths = depthsOf(graph)
  const layers: Place[][] = Array.from({ length: Math.max(0, ...depths.values()) + 1 }, () => [])
  const places = new Map<string, Place>()
  for (const { name } of graph.nodes) {
    const layer = depths.get(name) ?? 0
    const place = { name, isLine: false, layer }
    places.set(name, place)
    layers[layer]?.push(place)
  }
  const nets = graph.nodes.flatMap(({ name }) => netsOf(name, graph, places, layers))
  orderLayers(layers, nets)
  return { layers, nets }
}

function depthsOf({ nodes, edges }: Graph): Map<string, number> {
  const depths = new Map<string, number>()
  for (const { name } of nodes) {
    const above = edges.filter((edge) => edge.to === name).map((edge) => (depths.get(edge.from) ?? 0) + 1)
    depths.set(name, Math.max(0, ...above))
  }
  // A source stands right above its first reader, and not at the top of a long drawing.
  for (const { name } of nodes.toReversed()) {
    if (edges.some((edge) => edge.to === name)) continue
    const readers = edges.filter((edge) => edge.from === name).map((edge) => depths.get(edge.to) ?? 0)
    if (readers.length > 0) depths.set(name, Math.min(...readers) - 1)
  }
  return depths
}

/** The line from a stage to all of its readers, layer by layer; where it passes a layer, it takes a place there. */
function netsOf(name: string, graph: Graph, places: ReadonlyMap<string, Place>, layers: Place[][]): Net[] {
  const edges = graph.edges.filter((edge) => edge.from === name)
  const nets: Net[] = []
  let from = places.get(name) as Place
  let left = edges
  while (left.length > 0) {
    const layer = from.layer + 1
    const reached = left.filter((edge) => places.get(edge.to)?.layer === layer)
    left = left.filter((edge) => !reached.includes(edge))
    const to: { place: Place; edge?: GraphEdge }[] = reached.map((edge) => ({
      place: places.get(edge.to) as Place,
      edge,
    }))
    const passing = { name, isLine: true, layer }
    if (left.length > 0) {
      layers[layer]?.push(passing)
      to.push({ place: passing })
    }
    nets.push({ from, to })
    from = passing
  }
  return nets
}

/** Puts each place near the middle of those it is joined to, down and up again, a few times. */
function orderLayers(layers: Place[][], nets: readonly Net[]): void {
  const above = neighbours(nets, (net) => net.to.map(({ place }) => [place, net.from]))
  const below = neighbours(nets, (net) => net.to.map(({ place }) => [net.from, place]))
  for (let sweep = 0; sweep < sweepCount; sweep += 1) {
    const joined = sweep % 2 === 0 ? above : below
    const indexes = new Map(layers.flatMap((layer) => layer.map((place, index) => [place, index] as const)))
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const wanted = new Map(
        layer.map((place, index) => [
          place,
          mean(
            (joined.get(place) ?? []).map((each) => indexes.get(each) ?? 0),
            index,
          ),
        ]),
      )
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0))
      for (const [index, place] of layer.entries()) indexes.set(place, index)
    }
  }
}

function neighbours(nets: readonly Net[], pairs: (net: Net) => (readonly [Place, Place])[]): Map<Place, Place[]> {
  const found = new Map<Place, Place[]>()
  for (const [place, other] of nets.flatMap(pairs)) found.set(place, [...(found.get(place) ?? []), other])
  return found
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length
}
