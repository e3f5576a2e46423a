import { extname } from 'node:path'
import type { AttachedModule } from '../engine/index.ts'
import { type MetricsOptions, resolveMetrics } from './metrics-options.ts'

/**
 * Metrics of all actors and streams, for the `attach` option of a root. What the options leave open is taken from the
 * standard `OTEL_*` variables, here and once. Loads no part of the OpenTelemetry SDK: that is done in the actors that need
 * it. Nothing is counted for it that is not counted anyway, but for a timer an actor that watches its event loop.
 *
 * Throws a TypeError or RangeError for an option that cannot be; says in a line on stderr which variable it ignores. A root
 * that cannot listen at the address does not start: it throws a `UsageError` that names it.
 */
export function metrics(options: MetricsOptions = {}): AttachedModule {
  const { settings, warnings } = resolveMetrics(options, process.env)
  for (const warning of warnings) process.stderr.write(`metrics: ${warning}\n`)
  const url = new URL(`./attach-metrics${extname(import.meta.url)}`, import.meta.url).href
  return { url, options: settings }
}
