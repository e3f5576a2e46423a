import type { Attach } from '../engine/index.ts'
import { resolveLogs } from './logs-options.ts'
import { takeWarnings } from './start-warnings.ts'

/**
 * Attaches the sending of logs to the actor that imports this module; `logs` names it to a root. Loads the OpenTelemetry SDK
 * only if there is something to export. Rejects for options that cannot be.
 */
export const attach: Attach = async (attachment, options) => {
  const { settings } = resolveLogs(takeWarnings(attachment, 'logs', options), process.env)
  if (settings.exporter === 'none') return
  const { openLogs } = await import('./open-logs.ts')
  const { watcher, shutdown } = openLogs(attachment)
  attachment.watchLog(watcher)
  attachment.onLeave(shutdown)
}
