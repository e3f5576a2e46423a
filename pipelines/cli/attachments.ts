import type { AttachedModule } from '../../engine/index.ts'
import type { RunOptions } from './run-command.ts'

/**
 * What the options of a run attach to its actors. Metrics and logs may be asked for by the environment, too. Loads what knows
 * of them for those alone who ask for any. Rejects with `CommandError` for a file that cannot be written.
 */
export async function attachmentsFor(options: RunOptions): Promise<AttachedModule[]> {
  const { stallAfter } = options
  const wantsTraces = options.trace !== undefined || options.recordTraces !== undefined
  const wantsMetrics = options.metrics !== undefined || (process.env['OTEL_METRICS_EXPORTER'] ?? '').trim() !== ''
  const wantsLogs = options.logs !== undefined || /\botlp\b/i.test(process.env['OTEL_LOGS_EXPORTER'] ?? '')
  if (!wantsTraces && !wantsMetrics && !wantsLogs) return []

  const [{ logs, metrics }, { attachTracing }] = await Promise.all([
    import('../../observability/index.ts'),
    import('./attach-tracing.ts'),
  ])
  const modules: AttachedModule[] = []
  if (wantsTraces) modules.push(attachTracing(options))
  if (wantsMetrics) {
    const exporter = options.metrics === undefined ? {} : { exporter: options.metrics }
    modules.push(metrics({ ...exporter, ...(stallAfter !== undefined && { stallAfterMs: stallAfter }) }))
  }
  if (wantsLogs) modules.push(logs({ exporter: 'otlp' }))
  return modules
}
