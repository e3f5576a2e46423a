import type { Attach } from '../engine/index.ts'
import { takeWarnings } from './start-warnings.ts'
import { resolveTracing } from './tracing-options.ts'

/**
 * Attaches tracing to the actor that imports this module; `tracing` names it to a root. Loads the OpenTelemetry SDK only if
 * there is something to export, and then before the actor's own module, whose spans it is to see. Rejects for options
 * that cannot be.
 */
export const attach: Attach = async (attachment, options) => {
  const { settings } = resolveTracing(takeWarnings(attachment, 'tracing', options), process.env)
  if (settings.exporter === 'none' && settings.recordTo === undefined) return
  const [{ openTracing }, { createTracingInterceptor }] = await Promise.all([
    import('./open-tracing.ts'),
    import('./tracing-interceptor.ts'),
    // The exporter asks for it with its first request only, which is in the midst of everything: it takes 20 ms.
    settings.exporter === 'otlp' ? import('node:http') : undefined,
  ])
  const self = attachment.actor
  const { spans, tracer, contexts, shutdown } = openTracing(attachment, settings)
  const { ratio, pipeline, errors: keepsErrors } = settings
  const traced = { self, ratio, pipeline, tracer, contexts, keepsErrors }
  attachment.intercept(createTracingInterceptor(spans, traced))
  attachment.onLeave(shutdown)
}
