import type { Net, Place } from './layers.ts'

/** Cells between two places of a layer: room for lines that pass. */
const gap = 4

/**
 * The left edge of each place: near the middle of those that it is joined to, so that lines are straight where they can be,
 * and apart from its neighbours. The leftmost is at 0.
 */
export function placeInLayers(
  layers: readonly (readonly Place[])[],
  nets: readonly Net[],
  widthOf: (place: Place) => number,
): Map<Place, number> {
  const lefts = new Map<Place, number>()
  const middleOf = (place: Place): number => (lefts.get(place) ?? 0) + Math.floor((widthOf(place) - 1) / 2)
  const setMiddles = (layer: readonly Place[], wanted: (place: Place) => number): void => {
    const halves = layer.map((place) => Math.floor((widthOf(place) - 1) / 2))
    const wantedLefts = layer.map((place, index) => wanted(place) - (halves[index] ?? 0))
    for (const [index, left] of apart(wantedLefts, layer.map(widthOf)).entries()) lefts.set(layer[index] as Place, left)
  }
  for (const layer of layers) setMiddles(layer, () => 0)
  const above = (place: Place) => nets.filter((net) => net.to.some((to) => to.place === place)).map((net) => net.from)
  const below = (place: Place) =>
    nets.filter((net) => net.from === place).flatMap((net) => net.to.map((to) => to.place))
  for (const [order, joined] of [
    [layers, above],
    [layers.toReversed(), below],
    [layers, above],
  ] as const) {
    for (const layer of order) {
      setMiddles(layer, (place) => {
        const middles = joined(place).map(middleOf)
        if (middles.length === 0) return middleOf(place)
        return Math.floor(middles.reduce((sum, each) => sum + each, 0) / middles.length)
      })
    }
  }
  const least = Math.min(...lefts.values())
  return new Map([...lefts].map(([place, left]) => [place, left - least]))
}

/** Moves what is too near to its neighbours, to both sides alike. */
function apart(wanted: readonly number[], widths: readonly number[]): number[] {
  const right = [...wanted]
  for (let i = 1; i < right.length; i += 1) {
    right[i] = Math.max(right[i] as number, (right[i - 1] as number) + (widths[i - 1] as number) + gap)
  }
  const left = [...wanted]
  for (let i = left.length - 2; i >= 0; i -= 1) {
    left[i] = Math.min(left[i] as number, (left[i + 1] as number) - (widths[i] as number) - gap)
  }
  const both = right.map((value, index) => Math.round((value + (left[index] as number)) / 2))
  for (let i = 1; i < both.length; i += 1) {
    both[i] = Math.max(both[i] as number, (both[i - 1] as number) + (widths[i - 1] as number) + gap)
  }
  return both
}
