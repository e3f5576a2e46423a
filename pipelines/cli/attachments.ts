import type { AttachedModule } from '../../engine/index.ts'
import { logs, metrics } from '../../observability/index.ts'
import { attachTracing } from './attach-tracing.ts'
import type { RunOptions } from './run-command.ts'

/**
 * What the options of a run attach to its actors. Metrics and logs may be asked for by the environment, too. Throws
 * `CommandError` for a file that cannot be written.
 */
export function attachmentsFor(pipeline: string, options: RunOptions): AttachedModule[] {
  const modules = attachTracing(pipeline, options)
  const { metrics: wanted, stallAfter } = options
  if (wanted !== undefined || (process.env['OTEL_METRICS_EXPORTER'] ?? '').trim() !== '') {
    const exporter = wanted === undefined ? {} : { exporter: wanted }
    modules.push(metrics({ ...exporter, pipeline, ...(stallAfter !== undefined && { stallAfterMs: stallAfter }) }))
  }
  if (options.logs !== undefined || /\botlp\b/i.test(process.env['OTEL_LOGS_EXPORTER'] ?? '')) {
    modules.push(logs({ exporter: 'otlp', pipeline }))
  }
  return modules
}
