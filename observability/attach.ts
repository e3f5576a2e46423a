import type { Attach, Attachment } from '../engine/index.ts'
import type { RecordingLock } from './recording-lock.ts'
import { takeWarnings } from './start-warnings.ts'
import { resolveTracing, type TracingSettings } from './tracing-options.ts'

/**
 * Attaches tracing to the actor that imports this module; `tracing` names it to a root. Loads the OpenTelemetry SDK only if
 * there is something to export, and then before the actor's own module, whose spans it is to see. Rejects for options
 * that cannot be, and in a root that cannot record where it should.
 */
export const attach: Attach = async (attachment, options) => {
  const { settings } = resolveTracing(takeWarnings(attachment, 'tracing', options), process.env)
  if (settings.exporter === 'none' && settings.recordTo === undefined) return
  const lock = attachment.isRoot ? await keepOthersOff(attachment, settings) : undefined
  try {
    const shutdown = await traceActor(attachment, settings)
    attachment.onLeave(() => shutdown().finally(() => lock?.release()))
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** Begins the recording of the whole tree, if there is to be one. */
async function keepOthersOff(
  { notice }: Attachment,
  { recordTo }: TracingSettings,
): Promise<RecordingLock | undefined> {
  if (recordTo === undefined) return undefined
  const { beginRecording } = await import('./create-span-file.ts')
  const lock = await beginRecording(recordTo)
  if (lock.missing !== undefined) {
    notice('warn', `tracing: nobody is kept from recording to ${recordTo} as well: ${lock.missing}`)
  }
  return lock
}

/** Returns how to end it. */
async function traceActor(attachment: Attachment, settings: TracingSettings): Promise<() => Promise<void>> {
  const [{ openTracing }, { createTracingInterceptor }] = await Promise.all([
    import('./open-tracing.ts'),
    import('./tracing-interceptor.ts'),
    // The exporter asks for it with its first request only, which is in the midst of everything: it takes 20 ms.
    settings.exporter === 'otlp' ? import('node:http') : undefined,
  ])
  const { actor: self, pipeline } = attachment
  const { spans, tracer, contexts, shutdown } = openTracing(attachment, settings)
  const { ratio, errors: keepsErrors } = settings
  const traced = { self, ratio, pipeline, tracer, contexts, keepsErrors }
  attachment.intercept(createTracingInterceptor(spans, traced))
  return shutdown
}
