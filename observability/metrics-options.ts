import { isIPv6 } from 'node:net'
import { otlpWarnings } from './otlp-endpoint.ts'

/** Where metrics go: to an OTLP collector, to whoever asks at that address, or nowhere. */
export type MetricsExporter = 'otlp' | 'none' | `prometheus://${string}`

/** What is done with metrics. What is absent is taken from the `OTEL_*` variables. */
export interface MetricsOptions {
  /**
   * `otlp`: each actor sends its own, every `OTEL_METRIC_EXPORT_INTERVAL` (10 s), to `OTEL_EXPORTER_OTLP_*`.
   * `prometheus://host:port`: the root serves those of the whole tree there, at `/metrics`, with `/healthz` and `/readyz`.
   * Otherwise of OTEL_METRICS_EXPORTER, otherwise `otlp`.
   */
  readonly exporter?: MetricsExporter
  /** After how long without progress a pipeline counts as not ready, in milliseconds; 30 s by default. */
  readonly stallAfterMs?: number
}

/** The options with nothing left open. */
export interface MetricsSettings extends MetricsOptions {
  readonly exporter: MetricsExporter
  readonly stallAfterMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const maxPort = 65_535
const defaultStallAfterMs = 30_000
const usage = "'otlp', 'none', or an address as prometheus://127.0.0.1:9464"

/**
 * Checks the options and fills in from the environment what they leave open. OTEL_SDK_DISABLED wins over them. Throws a
 * TypeError or RangeError for an option that cannot be; a variable that cannot be is ignored with a warning.
 */
export function resolveMetrics(
  options: unknown,
  env: Environment,
): { settings: MetricsSettings; warnings: readonly string[] } {
  const { exporter, stallAfterMs = defaultStallAfterMs } = checkOptions(options ?? {})
  const standard = exporter === undefined ? exporterFrom(env) : { exporter, warnings: [] }
  const isDisabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true'
  const settings: MetricsSettings = {
    exporter: isDisabled ? 'none' : (standard.exporter ?? 'otlp'),
    stallAfterMs,
  }
  const unsent = settings.exporter === 'otlp' ? otlpWarnings('METRICS', env) : []
  return { settings, warnings: [...standard.warnings, ...unsent] }
}

/** What OTEL_METRICS_EXPORTER asks for; undefined where it says nothing, or nothing that can be. */
function exporterFrom(env: Environment): { exporter: MetricsExporter | undefined; warnings: readonly string[] } {
  const value = env['OTEL_METRICS_EXPORTER']?.trim() ?? ''
  if (value === '') return { exporter: undefined, warnings: [] }
  for (const name of value.split(',').map((each) => each.trim().toLowerCase())) {
    if (name === 'otlp' || name === 'none') return { exporter: name, warnings: [] }
    if (name === 'prometheus') return prometheusFrom(env)
  }
  return {
    exporter: undefined,
    warnings: [`OTEL_METRICS_EXPORTER '${value}' is ignored: it is one of otlp, prometheus, none`],
  }
}

function prometheusFrom(env: Environment): { exporter: MetricsExporter | undefined; warnings: readonly string[] } {
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST']?.trim() || 'localhost'
  const port = env['OTEL_EXPORTER_PROMETHEUS_PORT']?.trim() || '9464'
  const exporter = `prometheus://${isIPv6(host) ? `[${host}]` : host}:${port}` as const
  try {
    parseAddress(exporter)
    return { exporter, warnings: [] }
  } catch (error) {
    return { exporter: undefined, warnings: [`OTEL_EXPORTER_PROMETHEUS_* is ignored: ${(error as Error).message}`] }
  }
}

/** Where an HTTP server listens. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** Takes `prometheus://host:port` apart. Throws a RangeError that says what is wrong with it. */
export function parseAddress(address: string): HostAndPort {
  const wrong = (what: string) => new RangeError(`metrics cannot be served at '${address}': ${what}`)
  const port = /:(\d+)\/?$/.exec(address)?.[1]
  if (Number(port) > maxPort) throw wrong(`there is no port ${port}: they end at ${maxPort}`)
  const url = URL.parse(address)
  if (url === null || url.hostname === '') throw wrong('it is an address as prometheus://127.0.0.1:9464')
  if (url.port === '') throw wrong('it has no port; 9464 is usual')
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw wrong('there is nothing after the port: they are at /metrics')
  }
  if (url.username !== '' || url.password !== '') throw wrong('it has no user: whoever reaches it may read it')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }
}

/** Whether a text names an exporter. Throws a RangeError for an address that cannot be. */
export function isMetricsExporter(text: unknown): text is MetricsExporter {
  if (typeof text !== 'string' || !text.startsWith('prometheus:')) return text === 'otlp' || text === 'none'
  parseAddress(text)
  return true
}

function checkOptions(options: unknown): MetricsOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options of metrics are an object')
  const { exporter, stallAfterMs, ...unknown } = options as Record<keyof MetricsOptions, unknown>
  for (const name of Object.keys(unknown)) {
    throw new TypeError(`metrics has no option '${name}': there are exporter and stallAfterMs`)
  }
  if (exporter !== undefined && !isMetricsExporter(exporter)) {
    throw new TypeError(`the exporter of metrics is ${usage}, not ${show(exporter)}`)
  }
  if (stallAfterMs !== undefined && !(typeof stallAfterMs === 'number' && stallAfterMs > 0)) {
    throw new RangeError(`stallAfterMs of metrics is a number of milliseconds above 0, not ${show(stallAfterMs)}`)
  }
  return options
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
