/** The value in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which that share of all is, 0 … 1; between two values if it is between them. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN]
  return low + (high - low) * (at - Math.floor(at))
}
