import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { Attachment } from '../engine/index.ts'
import { exported } from './export-result.ts'
import type { MetricsSettings } from './metrics-options.ts'
import { openMeter } from './open-meter.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { positiveMs } from './otlp-timeouts.ts'
import { settlesWithin } from './settles-within.ts'

// The standard's 60 s are longer than most runs; and its 10 s for an export would hold up the end of a run whose collector
// is down. OTEL_METRIC_EXPORT_INTERVAL and OTEL_METRIC_EXPORT_TIMEOUT ask for more.
const exportEveryMs = 10_000
const exportTimeoutMs = 1_500
// Over the timeout of an export, so that the reason of its failure is known.
const shutdownSlackMs = 500

/**
 * Has an actor send its metrics to an OTLP collector, every few seconds and when it leaves. A collector that is down
 * disturbs nobody: that is said once, in a line on stderr.
 */
export function sendMetrics(attachment: Attachment, { pipeline }: MetricsSettings): void {
  const { actor, notice } = attachment
  const timeoutMs = positiveMs('OTEL_METRIC_EXPORT_TIMEOUT') ?? exportTimeoutMs
  const everyMs = Math.max(positiveMs('OTEL_METRIC_EXPORT_INTERVAL') ?? exportEveryMs, timeoutMs)
  const what = `cannot send the metrics of actor '${actor.name}' (${actor.id}) to ${otlpOrigin('METRICS', process.env)}`
  const exporter: unknown = new QuietExporter(timeoutMs, (reason) =>
    notice('warn', `metrics: ${what}: ${reason}; it runs on without`),
  )
  const reader = new PeriodicExportingMetricReader({
    // It may come with a copy of the SDK of its own, whose enums are others to the compiler.
    exporter: exporter as PushMetricExporter,
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: timeoutMs,
  })
  const read = () => ({ actors: [attachment.vitals()], silent: [] })
  const meter = openMeter({ actor, pipeline, reader, read })
  attachment.onLeave(async () => {
    await settlesWithin(meter.shutdown(), timeoutMs + shutdownSlackMs)
  })
}

/** An exporter whose failures end here: the first is said, and none is passed on. */
class QuietExporter extends OTLPMetricExporter {
  readonly #complain: (reason: string) => void
  #hasComplained = false

  constructor(timeoutMillis: number, complain: (reason: string) => void) {
    super({ timeoutMillis })
    this.#complain = complain
  }

  override export(...[metrics, done]: Parameters<OTLPMetricExporter['export']>): void {
    super.export(metrics, ({ code, error }) => {
      if (code !== exported.code) this.#fail(error?.message || 'no reason given')
      done(exported)
    })
  }

  #fail(reason: string): void {
    if (this.#hasComplained) return
    this.#hasComplained = true
    this.#complain(reason.replace(/\s+/g, ' '))
  }
}
