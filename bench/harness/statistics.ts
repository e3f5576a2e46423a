/** The value in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

const fewestToTell = 5

/**
 * Between which of the values the true median lies, in 95 of 100 cases at least; in 94 if there are five of them. Of fewer, nothing
 * is known.
 */
export function medianRange(values: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const { length } = sorted
  if (length < fewestToTell) return { low: -Infinity, high: Infinity }
  // How likely it is that so few values lie on one side of the median: each does with a chance of a half.
  let chance = 0.5 ** length
  let outer = 0
  for (let sum = chance; sum <= 0.025; outer += 1) {
    chance *= (length - outer) / (outer + 1)
    sum += chance
  }
  const at = Math.max(outer - 1, 0)
  return { low: sorted[at] as number, high: sorted[length - 1 - at] as number }
}

/** The value below which that share of all is, 0 … 1; between two values if it is between them. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN]
  return low + (high - low) * (at - Math.floor(at))
}
