/** A count of items, with its thousands set apart: `1,204,000`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A rate in three digits: `7.5/s`, `950/s`, `12.3k/s`, `1.25M/s`. */
export function formatRate(perSecond: number): string {
  const units = ['', 'k', 'M', 'G', 'T']
  let value = perSecond
  let unit = 0
  // From 999.5 on, three digits would round up to four.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  // Below a thousand a second, hundredths are noise.
  const text = unit === 0 ? String(Number(value.toFixed(Math.min(digits, 1)))) : value.toFixed(digits)
  return `${text}${units[unit]}/s`
}

/** A duration as a reader wants it: `850 ms`, `12.3 s`, `4:05 min`, `1:02:03 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`
}
