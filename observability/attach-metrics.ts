import type { Attach } from '../engine/index.ts'
import { watchEventLoop } from './event-loop-report.ts'
import { parseAddress, resolveMetrics } from './metrics-options.ts'
import { takeWarnings } from './start-warnings.ts'

/**
 * Attaches metrics to the actor that imports this module; `metrics` names it to a root. Each actor watches its event loop.
 * Those that send have the OpenTelemetry SDK loaded; where the root serves, only the root. Rejects for options that cannot
 * be, and in a root that cannot listen where it should serve.
 */
export const attach: Attach = async (attachment, options) => {
  const { settings } = resolveMetrics(takeWarnings(attachment, 'metrics', options), process.env)
  const { exporter } = settings
  if (exporter === 'none') return
  const loop = watchEventLoop()
  attachment.report(() => loop.read())
  attachment.onLeave(async () => loop.stop())
  if (exporter === 'otlp') {
    const { sendMetrics } = await import('./send-metrics.ts')
    return sendMetrics(attachment)
  }
  if (!attachment.isRoot) return
  const { serveMetrics } = await import('./serve-metrics.ts')
  await serveMetrics(attachment, parseAddress(exporter), settings)
}
