import { extname } from 'node:path'
import type { AttachedModule } from '../engine/index.ts'
import { type MetricsOptions, resolveMetrics } from './metrics-options.ts'
import { withWarnings } from './start-warnings.ts'

/**
 * Metrics of all actors and streams, for the `attach` option of a root. What the options leave open is taken from the
 * standard `OTEL_*` variables, here and once. Loads no part of the OpenTelemetry SDK: that is done in the actors that need
 * it. Nothing is counted for it that is not counted anyway, but for a timer an actor that watches its event loop.
 *
 * Throws a TypeError or RangeError for an option that cannot be; the root says which variable is ignored. A root
 * that cannot listen at the address does not start: it throws a `UsageError` that names it.
 */
export function metrics(options: MetricsOptions = {}): AttachedModule {
  const { settings, warnings } = resolveMetrics(options, process.env)
  const url = new URL(`./attach-metrics${extname(import.meta.url)}`, import.meta.url).href
  return { url, options: withWarnings(settings, warnings) }
}
