/** A time as a reader of traces wants it, in three digits and with its unit: `0 ms`, `38 µs`, `1.25 ms`, `340 ms`, `2.41 s`, `187 s`. */
export function formatPreciseTime(ms: number): string {
  // Times are numbers of milliseconds since 1970, which leaves them about a quarter of a microsecond.
  if (ms < 0.0005) return '0 ms'
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`
  if (ms < 999.5) return `${threeDigits(ms)} ms`
  return `${threeDigits(ms / 1000)} s`
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value))
  return value.toFixed(value >= 9.995 ? 1 : 2)
}
