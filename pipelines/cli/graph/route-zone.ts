import { displayWidth } from '../../formats/display-width.ts'
import type { Net, Place } from './layers.ts'

/** A line from a stage towards a reader of it, as the corners that it passes, all its parts level or upright. */
export interface Route {
  readonly from: string
  readonly points: readonly Point[]
  /** Whether it begins at a stage, and ends at one; else it goes on in another route. */
  readonly leaves: boolean
  readonly arrives: boolean
  readonly label?: string
}

interface Point {
  readonly x: number
  readonly y: number
}

/** What lies between two layers. */
interface Zone {
  /** The lines that go down here. */
  readonly nets: readonly Net[]
  /** The column at which each place is left; those of lines that pass may be moved a little. */
  readonly exits: Map<Place, number>
  /** The columns from and to which a line may arrive. */
  span(place: Place): readonly [number, number]
  /** The row at which a line from there begins. */
  startOf(place: Place): number
  /** The first row of the zone. */
  readonly top: number
}

interface Arrival {
  readonly net: Net
  readonly place: Place
  readonly label?: string
  x: number
}

/** How far an arrow keeps from the next one: room for its label. */
export function portWidth(label: string): number {
  return label === '' ? 2 : displayWidth(label) + 4
}

/**
 * Leads the lines of one zone down: each to a column of its own at its reader, on as few rows as they need not to lie on each
 * other. The last row is that of the arrows.
 */
export function routeZone(zone: Zone): { readonly routes: readonly Route[]; readonly height: number } {
  if (zone.nets.length === 0) return { routes: [], height: 0 }
  const arrivals = chooseArrivals(zone)
  const tracks = assignTracks(zone, arrivals)
  const trackCount = Math.max(0, ...tracks.values()) + 1
  const height = trackCount + 1
  const end = zone.top + height - 1
  const routes = arrivals.map(({ net, place, label, x }): Route => {
    const from = zone.exits.get(net.from) ?? 0
    const start = { x: from, y: zone.startOf(net.from) }
    const y = zone.top + (tracks.get(net) ?? 0)
    const corners =
      from === x
        ? []
        : [
            { x: from, y },
            { x, y },
          ]
    return {
      from: net.from.name,
      points: [start, ...corners, { x, y: end }],
      leaves: !net.from.isLine,
      arrives: !place.isLine,
      ...(label === undefined ? {} : { label }),
    }
  })
  return { routes, height }
}

/** The column of each arrival, straight below where the line comes from if that can be. */
function chooseArrivals({ nets, exits, span }: Zone): Arrival[] {
  const arrivals = nets.flatMap((net) =>
    net.to.map(({ place, edge }): Arrival => {
      const label = edge?.label
      return { net, place, x: 0, ...(label === undefined ? {} : { label }) }
    }),
  )
  const exitOf = ({ net }: Arrival) => exits.get(net.from) ?? 0
  for (const place of new Set(arrivals.map((arrival) => arrival.place))) {
    const here = arrivals.filter((arrival) => arrival.place === place).sort((a, b) => exitOf(a) - exitOf(b))
    const [left, right] = span(place)
    const middle = left + Math.floor((right - left) / 2)
    let least = left
    for (const [index, arrival] of here.entries()) {
      // Room for the others that come to the right of it.
      const most = right - here.slice(index).reduce((sum, { label = '' }) => sum + portWidth(label), 0) + 2
      const wanted = here.length === 1 && (exitOf(arrival) < left || exitOf(arrival) > right) ? middle : exitOf(arrival)
      const taken = nets.filter((net) => net !== arrival.net).map((net) => exits.get(net.from) ?? 0)
      arrival.x = freeColumn(Math.max(least, Math.min(wanted, Math.max(least, most))), [least, right], taken)
      least = arrival.x + portWidth(arrival.label ?? '')
      if (place.isLine) exits.set(place, arrival.x)
    }
  }
  return arrivals
}

/** The column, or one beside it where another line comes down: two lines in one column could not be told apart. */
function freeColumn(wanted: number, [least, most]: readonly [number, number], taken: readonly number[]): number {
  for (let distance = 0; distance <= most - least; distance += 1) {
    for (const x of [wanted - distance, wanted + distance]) {
      if (x >= least && x <= most && !taken.includes(x)) return x
    }
  }
  return taken.includes(wanted) ? wanted + 1 : wanted
}

/** A row for the level part of each line, as few as will do. */
function assignTracks({ exits }: Zone, arrivals: readonly Arrival[]): Map<Net, number> {
  const spans = new Map<Net, readonly [number, number]>()
  for (const { net, x } of arrivals) {
    const exit = exits.get(net.from) ?? 0
    if (x === exit) continue
    const [left, right] = spans.get(net) ?? [exit, exit]
    spans.set(net, [Math.min(left, x), Math.max(right, x)])
  }
  // Lines to the right from the right, then those to the left from the left: so they cross least.
  const exitOf = (net: Net) => exits.get(net.from) ?? 0
  const goesRight = (net: Net) => (spans.get(net)?.[1] ?? 0) > exitOf(net)
  const order = [...spans.keys()].sort((a, b) => {
    if (goesRight(a) !== goesRight(b)) return goesRight(a) ? -1 : 1
    return goesRight(a) ? exitOf(b) - exitOf(a) : exitOf(a) - exitOf(b)
  })
  const rows: (readonly [number, number])[][] = []
  const tracks = new Map<Net, number>()
  for (const net of order) {
    const span = spans.get(net) as readonly [number, number]
    let row = rows.findIndex((others) => others.every(([left, right]) => span[1] < left || span[0] > right))
    if (row < 0) row = rows.push([]) - 1
    rows[row]?.push(span)
    tracks.set(net, row)
  }
  return tracks
}
