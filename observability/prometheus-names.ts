// By OpenTelemetry's rules for Prometheus: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
const unitWords: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
}
const perWords: Readonly<Record<string, string>> = { s: 'second', min: 'minute', h: 'hour', d: 'day', m: 'meter' }

/** A metric as far as its name in Prometheus depends on it. */
export interface NamedMetric {
  readonly name: string
  readonly unit: string
  readonly kind: 'counter' | 'gauge' | 'other'
}

/**
 * The name of a metric with its unit at the end, as Prometheus wants it: `_seconds`, `_bytes`, `_ratio` for the shares that a
 * gauge shows. What is counted, `{item}`, is no unit.
 */
export function withUnit({ name, unit, kind }: NamedMetric): string {
  const words = name.split(/[^a-zA-Z0-9]+/)
  const suffix = unitSuffix(unit, kind)
    .split('_')
    .filter((word) => !words.includes(word))
    .join('_')
  if (suffix === '') return name
  const base = kind === 'counter' ? name.replace(/[._]total$/, '') : name
  return base === name ? `${name}_${suffix}` : `${base}_${suffix}_total`
}

function unitSuffix(unit: string, kind: NamedMetric['kind']): string {
  if (unit === '1') return kind === 'gauge' ? 'ratio' : ''
  const [of = '', per = ''] = unit
    .replace(/\{[^}]*\}/g, '')
    .split('/')
    .map((part) => part.trim())
  return [wordOf(of, unitWords), ...(per === '' ? [] : ['per', wordOf(per, perWords)])].filter(Boolean).join('_')
}

function wordOf(unit: string, words: Readonly<Record<string, string>>): string {
  return Object.hasOwn(words, unit) ? (words[unit] ?? '') : unit.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_|_$/g, '')
}
