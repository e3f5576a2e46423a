import { extname } from 'node:path'
import type { AttachedModule } from '../engine/index.ts'
import { createSpanFile } from './create-span-file.ts'
import { withWarnings } from './start-warnings.ts'
import { resolveTracing, type TracingOptions } from './tracing-options.ts'

/**
 * Traces of every message hop, for the `attach` option of a root. What the options leave open is taken from the
 * standard `OTEL_*` variables, here and once, so that every actor of the tree does the same. Loads no part of the
 * OpenTelemetry SDK: that is done in the actors, and only if there is something to export.
 *
 * Throws a TypeError or RangeError for an option that cannot be, and an Error for a file to record to that cannot be written; the
 * root says which variable is ignored. It is the root that empties the file, and keeps others from it until it ends: one that
 * another process records to is refused when the root starts.
 */
export function tracing(options: TracingOptions = {}): AttachedModule {
  const { settings, warnings } = resolveTracing(options, process.env)
  // The sources run as they are while developing, and compiled when published.
  const url = new URL(`./attach${extname(import.meta.url)}`, import.meta.url).href
  const { recordTo } = settings
  const made = recordTo === undefined ? settings : { ...settings, recordTo: createSpanFile(recordTo) }
  return { url, options: withWarnings(made, warnings) }
}
