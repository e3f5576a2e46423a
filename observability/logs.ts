import { extname } from 'node:path'
import type { AttachedModule } from '../engine/index.ts'
import { type LogsOptions, resolveLogs } from './logs-options.ts'
import { withWarnings } from './start-warnings.ts'

/**
 * Has every actor send what it logs to OpenTelemetry as well, for the `attach` option of a root: what its level lets through,
 * with the span that it was said in. What the options leave open is taken from the standard `OTEL_*` variables, here and
 * once. Loads no part of the OpenTelemetry SDK: that is done in the actors, and only if there is something to export.
 *
 * Throws a TypeError for an option that cannot be; the root says which variable is ignored.
 */
export function logs(options: LogsOptions = {}): AttachedModule {
  const { settings, warnings } = resolveLogs(options, process.env)
  const url = new URL(`./attach-logs${extname(import.meta.url)}`, import.meta.url).href
  return { url, options: withWarnings(settings, warnings) }
}
