import type { AttachedModule } from '../../engine/index.ts'
import { logs } from '../../observability/index.ts'
import type { Plan } from '../plan.ts'
import type { RunOptions } from './run-command.ts'

/** What the options of `flow run`, or the environment, want in every actor for its logs. */
export function attachLogs(
  plan: Plan,
  options: Pick<RunOptions, 'logs'>,
  environment: Readonly<Record<string, string | undefined>>,
): AttachedModule[] {
  const wanted = options.logs !== undefined || /\botlp\b/i.test(environment['OTEL_LOGS_EXPORTER'] ?? '')
  return wanted ? [logs({ exporter: 'otlp', pipeline: plan.name })] : []
}
