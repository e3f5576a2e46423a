import type { AttachedModule } from '../../engine/index.ts'
import { tracing } from '../../observability/index.ts'
import { CommandError } from './command-error.ts'
import type { RunOptions } from './run-command.ts'

/**
 * What has every actor trace, as the options of `flow run` that ask for it say. Throws `CommandError` for a file that cannot be
 * written.
 */
export function attachTracing({
  trace,
  recordTraces,
  traceRatio,
  traceErrors: errors = false,
}: RunOptions): AttachedModule {
  const options = {
    exporter: trace ?? 'none',
    errors,
    ...(traceRatio === undefined ? {} : { ratio: traceRatio }),
  } as const
  if (recordTraces === undefined) return tracing(options)
  try {
    return tracing({ ...options, recordTo: recordTraces })
  } catch (error) {
    throw new CommandError(`--record-traces: ${error instanceof Error ? error.message : String(error)}`)
  }
}
