import type { OtlpSignal } from './otlp-endpoint.ts'

// The standard's 10 s are for a collector far away. A process cannot end while an export tries again, so that with a
// collector that is down every run would take that much longer. OTEL_EXPORTER_OTLP_TIMEOUT asks for more.
const usualTimeoutMs = 1_500
// Over the timeout of an export, so that the reason of its failure is known.
const slackMs = 500

/** How long an export of traces or logs may take. */
export function otlpTimeoutMs(signal: OtlpSignal): number {
  return standardTimeoutMs(signal) ?? usualTimeoutMs
}

/** How long an export of metrics may take. The standard has two limits of it: the shorter one counts. */
export function metricsTimeoutMs(): number {
  const limits = [positiveMs('OTEL_METRIC_EXPORT_TIMEOUT'), standardTimeoutMs('METRICS')].filter(
    (ms) => ms !== undefined,
  )
  return limits.length === 0 ? usualTimeoutMs : Math.min(...limits)
}

/** How long an actor that leaves waits for its last export. */
export function farewellMs(timeoutMs: number): number {
  return timeoutMs + slackMs
}

/** A variable that is a number of milliseconds above 0; undefined for one that is not, or is not set. */
export function positiveMs(name: string): number | undefined {
  const value = Number(process.env[name])
  return value > 0 && Number.isFinite(value) ? value : undefined
}

function standardTimeoutMs(signal: OtlpSignal): number | undefined {
  const own = `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`
  return positiveMs(process.env[own] ? own : 'OTEL_EXPORTER_OTLP_TIMEOUT')
}
