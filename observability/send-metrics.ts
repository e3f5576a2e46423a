import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { Attachment } from '../engine/index.ts'
import { Delivery } from './delivery.ts'
import { collectionOf } from './metric-data.ts'
import { histogramsOf, instrument, openMeter } from './open-meter.ts'
import { otlpOrigin } from './otlp-endpoint.ts'
import { openOtlpExporter } from './otlp-exporter.ts'
import { sdkMetrics } from './otlp-formats.ts'
import { farewellMs, metricsTimeoutMs, positiveMs } from './otlp-timeouts.ts'

// The standard's 60 s are longer than most runs. OTEL_METRIC_EXPORT_INTERVAL has it otherwise.
const exportEveryMs = 10_000

/**
 * Has an actor send its metrics to an OTLP collector, every few seconds and when it leaves. A collector that is down
 * disturbs nobody: that data points are lost is said once, and at the end how many were.
 */
export function sendMetrics(attachment: Attachment): void {
  const { actor, pipeline, notice } = attachment
  const timeoutMs = metricsTimeoutMs()
  const delivery = new Delivery({
    topic: 'metrics',
    route: `data points of actor '${actor.name}' (${actor.id}) to ${otlpOrigin('METRICS', process.env)}`,
    complain: (line) => notice('warn', line),
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: openExporter(delivery, timeoutMs),
    exportIntervalMillis: Math.max(positiveMs('OTEL_METRIC_EXPORT_INTERVAL') ?? exportEveryMs, timeoutMs),
    exportTimeoutMillis: timeoutMs,
    metricProducers: [{ collect: async () => collectionOf(histogramsOf(attachment.vitals())) }],
  })
  const meter = openMeter({ actor, pipeline, reader })
  instrument(meter, () => attachment.vitals())
  attachment.onLeave(async () => {
    await delivery.end(() => meter.shutdown(), farewellMs(timeoutMs))
  })
}

function openExporter(delivery: Delivery, timeoutMs: number): PushMetricExporter {
  const watched = delivery.watch(openOtlpExporter(sdkMetrics, timeoutMs), sdkMetrics.countOf)
  // It may come with a copy of the SDK of its own, whose enums are others to the compiler.
  const sdkExporter: unknown = new OTLPMetricExporter()
  const asEnvironmentHasIt = sdkExporter as Required<PushMetricExporter>
  return {
    ...watched,
    export(metrics, done) {
      delivery.given(sdkMetrics.countOf(metrics))
      watched.export(metrics, done)
    },
    // OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE.
    selectAggregationTemporality: (kind) => asEnvironmentHasIt.selectAggregationTemporality(kind),
  }
}
